"""One track over gRPC, with stubs made from the protos as it starts: create, watch, download."""

import json
import os
import pathlib
import shutil
import sys
import urllib.request
import uuid

import grpc

# grpcio-tools makes the modules of a proto as they are asked for; they are found on sys.path.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "proto"))
messages = grpc.protos("music/v1/music_generations.proto")
jobs = grpc.protos("music/v1/generation.proto")
services = grpc.services("music/v1/music_generations.proto")

TARGET = os.environ.get("MUSIC_GRPC", "127.0.0.1:50051")
ORGANIZATION = os.environ.get("MUSIC_ORGANIZATION", "org_abc123")
PROMPT = os.environ.get("PROMPT", "calm piano, 70 bpm, F major")
SECONDS = int(os.environ.get("SECONDS_OF_MUSIC", "10"))
OUT = os.environ.get("OUT", "track.mp3")
METADATA = [("x-api-key", os.environ.get("MUSIC_API_KEY", ""))]

# gRPC itself tries again when the service has no time (the counterparts of 503 and 429).
SERVICE_CONFIG = {
    "methodConfig": [
        {
            "name": [{"service": "music.v1.MusicGenerations"}],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "1s",
                "maxBackoff": "10s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
            },
        }
    ]
}


def watch(stub, job, tries=5):
    """Return the job once it has ended; a lost stream goes on after the last version seen."""
    try:
        request = messages.WatchGenerationRequest(
            organization_id=ORGANIZATION, job_id=job.id, after_version=job.version
        )
        for job in stub.WatchGeneration(request, metadata=METADATA):
            print(job.progress, "%", job.progress_message, file=sys.stderr)
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE or tries <= 1:
            raise
        return watch(stub, job, tries - 1)
    return job


options = [("grpc.service_config", json.dumps(SERVICE_CONFIG))]
with grpc.insecure_channel(TARGET, options) as channel:
    stub = services.MusicGenerationsStub(channel)
    request = messages.CreateGenerationRequest(
        organization_id=ORGANIZATION,
        engine="studio",
        prompt=PROMPT,
        duration_seconds=SECONDS,
        # The same key in every try: however often it is sent, it is one job.
        idempotency_key=str(uuid.uuid4()),
    )
    job = watch(stub, stub.CreateGeneration(request, metadata=METADATA, timeout=60))

if job.status != jobs.GENERATION_STATUS_SUCCEEDED:
    status = jobs.GenerationStatus.Name(job.status)
    sys.exit(f"{status}: {job.error_message or job.refusal_reason}")
with urllib.request.urlopen(job.playback_url) as audio, open(OUT, "wb") as file:
    shutil.copyfileobj(audio, file)
print(OUT)
