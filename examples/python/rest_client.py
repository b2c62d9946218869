"""One track over REST: create, watch as lines of JSON, download."""

import json
import os
import sys
import time
import uuid

import requests

BASE = os.environ.get("MUSIC_URL", "http://127.0.0.1:8080")
ORGANIZATION = os.environ.get("MUSIC_ORGANIZATION", "org_abc123")
PROMPT = os.environ.get("PROMPT", "calm piano, 70 bpm, F major")
SECONDS = int(os.environ.get("SECONDS_OF_MUSIC", "10"))
OUT = os.environ.get("OUT", "track.mp3")
JOBS = f"{BASE}/v1/music/{ORGANIZATION}/generations"

session = requests.Session()
session.headers["X-API-Key"] = os.environ.get("MUSIC_API_KEY", "")


def call(method, url, tries=5, **options):
    """Try again while the service asks for it; raise the service's own sentence otherwise."""
    response = session.request(method, url, timeout=60, **options)
    if response.status_code in (429, 503) and tries > 1:
        time.sleep(float(response.headers.get("Retry-After", "1")))
        return call(method, url, tries - 1, **options)
    if not response.ok:
        sys.exit(f"{response.status_code}: {response.text}")
    return response


def create():
    # The same key in every try: however often it is sent, it is one job.
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"engine": "studio", "prompt": PROMPT, "duration_seconds": SECONDS}
    return call("POST", JOBS, headers=headers, json=body).json()


def watch(job, tries=5):
    """Return the job once it has ended; a lost stream goes on after the last version seen."""
    headers = {"Accept": "application/x-ndjson", "Last-Event-ID": str(job["version"])}
    try:
        with call("GET", f"{JOBS}/{job['id']}/events", headers=headers, stream=True) as stream:
            for line in stream.iter_lines():
                if not line:
                    continue
                state = json.loads(line)
                if "error" in state:  # The service stops; another try finds it again.
                    raise requests.ConnectionError(state["error"]["message"])
                job = state
                print(job["progress"], "%", job["progress_message"] or "", file=sys.stderr)
    except requests.RequestException:
        if tries <= 1:
            raise
        time.sleep(1)
        return watch(job, tries - 1)
    return job


job = watch(create())
if job["status"] != "succeeded":
    sys.exit(f"{job['status']}: {job['error_message'] or job['refusal_reason'] or ''}")
with open(OUT, "wb") as file:
    file.write(call("GET", job["playback_url"]).content)
print(OUT)
