/** A stock gRPC client (`@grpc/grpc-js`) with nothing but the proto: create, watch, list, cancel, errors. */
import { join } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BadRequestSchema, ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../gen/google/rpc/status_pb.ts";
import { startTestService } from "../support/service.ts";

const service = await startTestService();
const definition = loadSync("music/v1/music_generations.proto", {
  includeDirs: [join(import.meta.dirname, "../../proto")],
  keepCase: true,
  enums: String,
  defaults: true,
});
const loaded = grpc.loadPackageDefinition(definition) as unknown as {
  music: { v1: { MusicGenerations: grpc.ServiceClientConstructor } };
};
const address = new URL(service.url).host;
const client = new loaded.music.v1.MusicGenerations(address, grpc.credentials.createInsecure());
const metadata = new grpc.Metadata();
const organization_id = "org_abc123";

type Message = Record<string, unknown>;

beforeAll(async () => {
  metadata.set("x-api-key", await service.key(organization_id, "user_1"));
});
afterAll(() => client.close());

function unary(method: string, request: Message): Promise<Message> {
  return new Promise((resolve, reject) => {
    client[method]?.(request, metadata, (error: grpc.ServiceError | null, answer: Message) => {
      if (error) reject(error);
      else resolve(answer);
    });
  });
}

function stream(job_id: unknown, options = {}): grpc.ClientReadableStream<Message> {
  return client["WatchGeneration"]?.({ organization_id, job_id }, metadata, options);
}

async function watch(job_id: unknown): Promise<Message[]> {
  const states: Message[] = [];
  for await (const state of stream(job_id)) states.push(state as Message);
  return states;
}

const valid = { organization_id, engine: "studio", prompt: "calm piano", duration_seconds: 2 };

it("creates, watches to the end, lists and gets the track", async () => {
  const job = await unary("CreateGeneration", valid);
  expect(job["status"]).toBe("GENERATION_STATUS_QUEUED");
  const states = await watch(job["id"]);
  const last = states.at(-1) ?? {};
  expect(last).toMatchObject({ status: "GENERATION_STATUS_SUCCEEDED", progress: 100 });
  const versions = states.map(({ version }) => Number(version));
  expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  const { jobs } = await unary("ListGenerations", { organization_id });
  expect((jobs as Message[])[0]).toMatchObject({ id: job["id"], track: null });
  const track_id = last["result_track_id"];
  const track = await unary("GetTrack", { organization_id, track_id });
  expect(track).toMatchObject({ id: track_id, measured_duration_seconds: 2 });
  expect((await fetch(String(track["playback_url"]))).status).toBe(200);
});

it("cancels a running job while it is watched", async () => {
  const { id: job_id } = await unary("CreateGeneration", { ...valid, duration_seconds: 600 });
  const watching = watch(job_id);
  const cancelled = await unary("CancelGeneration", { organization_id, job_id, wait_seconds: 10 });
  expect(cancelled["status"]).toBe("GENERATION_STATUS_CANCELLED");
  const states = await watching;
  const ends = states.filter(({ status }) => status === "GENERATION_STATUS_CANCELLED");
  expect(ends).toEqual([states.at(-1)]);
});

/** The details of an error, as any client can decode them. */
function detailsOf(error: grpc.ServiceError) {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  return fromBinary(StatusSchema, bytes as Buffer).details;
}

it("decodes what went wrong", async () => {
  const call = unary("CreateGeneration", { ...valid, engine: "nope", duration_seconds: -1 });
  const error = await call.catch((caught: grpc.ServiceError) => caught);
  if (!(error instanceof Error)) return expect.unreachable();
  expect(error.code).toBe(grpc.status.INVALID_ARGUMENT);
  const details = detailsOf(error as grpc.ServiceError);
  const info = details.map((each) => anyUnpack(each, ErrorInfoSchema)).find(Boolean);
  expect(info?.reason).toBe("VALIDATION_ERROR");
  const bad = details.map((each) => anyUnpack(each, BadRequestSchema)).find(Boolean);
  expect(bad?.fieldViolations.map(({ field }) => field).sort()).toEqual([
    "duration_seconds",
    "engine",
  ]);
});

it("honours a deadline", async () => {
  const { id: job_id } = await unary("CreateGeneration", { ...valid, duration_seconds: 600 });
  const states = stream(job_id, { deadline: Date.now() + 300 });
  const error = await new Promise<grpc.ServiceError>((resolve) => {
    states.on("data", () => {});
    states.on("error", resolve);
  });
  expect(error.code).toBe(grpc.status.DEADLINE_EXCEEDED);
  await unary("CancelGeneration", { organization_id, job_id });
});

/** The error of a watch with these bytes as its request. */
async function errorOfBytes(bytes: Buffer): Promise<grpc.ServiceError> {
  const same = (value: Buffer) => value;
  const path = "/music.v1.MusicGenerations/WatchGeneration";
  const call = client.makeServerStreamRequest(path, same, same, bytes, metadata);
  return new Promise((resolve) => {
    call.on("data", () => {});
    call.on("error", (error) => resolve(error as grpc.ServiceError));
  });
}

it("a request that cannot be read, or is too large, is the caller's error on a stream, too", async () => {
  const garbage = await errorOfBytes(Buffer.from([0xff, 0xff]));
  expect(garbage.code).toBe(grpc.status.INVALID_ARGUMENT);
  const large = await errorOfBytes(Buffer.alloc(300 * 1024));
  expect(large.code).toBe(grpc.status.RESOURCE_EXHAUSTED);
});

it("of more faults than trailers can carry, those that fit are named", async () => {
  const style_tags = new Array(1_000).fill("");
  const error = await unary("CreateGeneration", { ...valid, style_tags }).catch((caught) => caught);
  expect(error).toMatchObject({ code: grpc.status.INVALID_ARGUMENT });
  const bad = detailsOf(error)
    .map((each) => anyUnpack(each, BadRequestSchema))
    .find(Boolean);
  expect(bad?.fieldViolations[0]?.field).toBe("style_tags");
  expect(bad?.fieldViolations.at(-1)?.description).toMatch(/^and \d+ more$/);
});
