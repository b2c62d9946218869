#!/usr/bin/env bash
# One track with curl: create, watch by Server-Sent Events, download.
set -euo pipefail

base=${MUSIC_URL:-http://127.0.0.1:8080}/v1/music/${MUSIC_ORGANIZATION:-org_abc123}
out=${OUT:-track.mp3}
key=(-H "X-API-Key: ${MUSIC_API_KEY:-}")
# curl tries again at 429 and 503, and waits as long as Retry-After says.
call=(curl --silent --show-error --fail --retry 5)

# Prints a field of the JSON on standard input.
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]] or "")' "$1"; }

body=$(python3 -c 'import json, sys; print(json.dumps(
  {"engine": "studio", "prompt": sys.argv[1], "duration_seconds": int(sys.argv[2])}))' \
  "${PROMPT:-calm piano, 70 bpm, F major}" "${SECONDS_OF_MUSIC:-10}")

# The same key in every try: however often it is sent, it is one job.
id=$("${call[@]}" "${key[@]}" "$base/generations" --json "$body" \
  -H "Idempotency-Key: $(python3 -c 'import uuid; print(uuid.uuid4())')" | field id)

# The stream ends with the job; a lost one is opened again, and tells the newest state first.
"${call[@]}" --retry-all-errors --no-buffer "${key[@]}" "$base/generations/$id/events" >&2

job=$("${call[@]}" "${key[@]}" "$base/generations/$id")
if [ "$(field status <<<"$job")" != succeeded ]; then
  echo "$(field status <<<"$job"): $(field error_message <<<"$job")" >&2
  exit 1
fi
"${call[@]}" "$(field playback_url <<<"$job")" --output "$out"
echo "$out"
