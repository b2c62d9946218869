#!/usr/bin/env bash
# One track with grpcurl, which learns the API by reflection: create, watch, download.
set -euo pipefail

target=${MUSIC_GRPC:-127.0.0.1:50051}
organization=${MUSIC_ORGANIZATION:-org_abc123}
out=${OUT:-track.mp3}

# Calls a method with the JSON on standard input. Tries again when the service has no time: the exit code
# of grpcurl is 64 and the code of gRPC, which is 14 for UNAVAILABLE and 8 for RESOURCE_EXHAUSTED.
call() {
  local request code
  request=$(cat)
  for try in 1 2 3 4 5; do
    code=0
    grpcurl -plaintext -H "x-api-key: ${MUSIC_API_KEY:-}" -d "$request" "$target" \
      "music.v1.MusicGenerations/$1" || code=$?
    case $code in 78 | 72) sleep "$try" ;; *) return "$code" ;; esac
  done
  return "$code"
}

# Makes a JSON object of pairs; a number is a number.
object() {
  python3 -c 'import json, sys
pairs = dict(pair.split("=", 1) for pair in sys.argv[1:])
print(json.dumps({k: int(v) if v.isdigit() else v for k, v in pairs.items()}))' "$@"
}

field() { python3 -c 'import json, sys; print(json.load(sys.stdin).get(sys.argv[1], ""))' "$1"; }

# The same key in every try: however often it is sent, it is one job.
id=$(object organization_id="$organization" engine=studio \
  prompt="${PROMPT:-calm piano, 70 bpm, F major}" duration_seconds="${SECONDS_OF_MUSIC:-10}" \
  idempotency_key="try-$(python3 -c 'import uuid; print(uuid.uuid4())')" | call CreateGeneration | field id)

request=$(object organization_id="$organization" job_id="$id")
call WatchGeneration <<<"$request" >&2

job=$(call GetGeneration <<<"$request")
if [ "$(field status <<<"$job")" != GENERATION_STATUS_SUCCEEDED ]; then
  echo "$(field status <<<"$job"): $(field errorMessage <<<"$job")" >&2
  exit 1
fi
curl --silent --show-error --fail "$(field playbackUrl <<<"$job")" --output "$out"
echo "$out"
