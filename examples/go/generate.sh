#!/usr/bin/env bash
# Makes the Go stubs in gen/ from the protos. `npm ci` brings buf; the plugins are tools of go.mod.
set -euo pipefail
cd "$(dirname "$0")"
PATH="$PWD/../../node_modules/.bin:$PATH" buf generate
