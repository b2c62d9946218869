/** One trace from the client's `traceparent` through a face and the queue into the worker's steps. */
import { SpanKind } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { expect, it } from "vitest";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { connectFace } from "../conformance/face-connect.ts";
import { grpcFace } from "../conformance/face-grpc.ts";
import { startTestService } from "../support/service.ts";

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
const service = await startTestService({ tracer: provider.getTracer("test") });
const organization_id = "org_trace";
const key = await service.key(organization_id, "user_1");
const fields = { organization_id, engine: "studio", prompt: "calm piano", duration_seconds: 1 };
const create = "music.v1.MusicGenerations/CreateGeneration";

let count = 0;
/** A trace of its own, as a client would begin one. */
function newTrace() {
  count += 1;
  const traceId = count.toString(16).padStart(32, "a");
  const spanId = "b".repeat(16);
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` };
}

const spansOf = (traceId: string) =>
  exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId);

async function createByRest(headers: Record<string, string>): Promise<string> {
  const jobs = `${service.url}/v1/music/${organization_id}/generations`;
  const all = { "x-api-key": key, "content-type": "application/json", ...headers };
  const body = JSON.stringify({ ...fields, organization_id: undefined });
  const response = await fetch(jobs, { method: "POST", headers: all, body });
  return ((await response.json()) as { id: string }).id;
}

it("leads from the call to the wait in the queue, the attempt, and each of its steps", async () => {
  const { traceId, spanId, traceparent } = newTrace();
  const id = await createByRest({ traceparent });
  await expect.poll(() => spansOf(traceId).map(({ name }) => name)).toContain("attempt");
  const spans = new Map(spansOf(traceId).map((span) => [span.name, span]));
  const parentOf = (name: string) => spans.get(name)?.parentSpanContext?.spanId;
  const idOf = (name: string) => spans.get(name)?.spanContext().spanId;
  expect(spans.get(create)?.kind).toBe(SpanKind.SERVER);
  expect(spans.get(create)?.attributes).toMatchObject({ "music.face": "rest", "music.code": "OK" });
  expect(parentOf(create)).toBe(spanId);
  expect([parentOf("queue"), parentOf("attempt")]).toEqual([idOf(create), idOf(create)]);
  const steps = ["admit", "prepare", "render", "publish", "settle"];
  expect(steps.map(parentOf)).toEqual(steps.map(() => idOf("attempt")));
  expect(spans.get("attempt")?.attributes).toMatchObject({
    "music.job_id": id,
    "music.engine": "studio",
    "music.outcome": "succeeded",
  });
  expect([...spans.values()].map(textOf).join()).not.toContain(fields.prompt);
});

/** All that is sent of a span. */
function textOf({ name, attributes, events, status }: ReadableSpan): string {
  return JSON.stringify({ name, attributes, events, status });
}

const at = { url: service.url, grpcAddress: service.grpcAddress, ca: null };

it.each([
  ["grpc", grpcFace("its own port", service.grpcAddress, at)],
  ["grpc", grpcFace("the one port", new URL(service.url).host, at)],
  ["connect", connectFace("Connect", "connect", "1.1", at)],
  ["grpc-web", connectFace("gRPC-Web", "grpc-web", "1.1", at)],
] as const)("continues the caller's trace on %s (%#)", async (name, face) => {
  const { traceId, spanId, traceparent } = newTrace();
  const { createGeneration } = MusicGenerations.method;
  await face.unary(createGeneration, fields, { key, headers: { traceparent } });
  const call = spansOf(traceId).find((span) => span.name === create);
  expect(call?.parentSpanContext?.spanId).toBe(spanId);
  expect(call?.attributes["music.face"]).toBe(name);
  face.close();
});

it("begins a trace where the caller has none, and for an error tells its code", async () => {
  exporter.reset();
  await createByRest({ "idempotency-key": "one" });
  const { traceId } = exporter.getFinishedSpans()[0]?.spanContext() ?? { traceId: "" };
  await expect.poll(() => spansOf(traceId).map(({ name }) => name)).toContain("attempt");
  const job = `${service.url}/v1/music/${organization_id}/generations/mgen_none`;
  const { traceId: other, traceparent } = newTrace();
  await (await fetch(job, { headers: { "x-api-key": key, traceparent } })).text();
  expect(spansOf(other)[0]?.attributes["music.code"]).toBe("RESOURCE_NOT_FOUND");
});
