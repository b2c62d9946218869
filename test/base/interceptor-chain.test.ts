/** A method behind its interceptors, called without a wire. */
import { create, type DescMethod } from "@bufbuild/protobuf";
import { createContextValues, type HandlerContext, type Interceptor } from "@connectrpc/connect";
import { expect, it } from "vitest";
import {
  GetGenerationRequestSchema,
  MusicGenerations,
  WatchGenerationRequestSchema,
} from "../../gen/music/v1/music_generations_pb.ts";
import { chainedMethod } from "../../src/base/interceptor-chain.ts";

const { getGeneration, watchGeneration } = MusicGenerations.method;

function contextOf(method: DescMethod): HandlerContext {
  return {
    service: method.parent,
    method,
    protocolName: "test",
    requestMethod: "POST",
    url: "/",
    signal: new AbortController().signal,
    timeoutMs: () => undefined,
    requestHeader: new Headers({ "x-sent": "here" }),
    responseHeader: new Headers(),
    responseTrailer: new Headers(),
    values: createContextValues(),
  };
}

it("goes through the interceptors from the first to the last, also when they copy the request", async () => {
  const passed: string[] = [];
  const noting =
    (name: string): Interceptor =>
    (next) =>
    async (request) => {
      passed.push(`${name} in, ${request.header.get("x-sent")}`);
      const response = await next({ ...request });
      passed.push(`${name} out`);
      return response;
    };
  const implementation = {
    getGeneration: (request: { jobId: string }, context: HandlerContext) => {
      context.responseHeader.set("x-answer", request.jobId);
      return { id: request.jobId };
    },
  };
  const call = chainedMethod(getGeneration, implementation, [noting("outer"), noting("inner")]);
  const context = contextOf(getGeneration);
  const response = await call(context, create(GetGenerationRequestSchema, { jobId: "mgen_1" }));
  expect(passed).toEqual(["outer in, here", "inner in, here", "inner out", "outer out"]);
  expect(response.header.get("x-answer")).toBe("mgen_1");
  // The shape of a message became one.
  expect(response.message).toMatchObject({
    $typeName: "music.v1.Generation",
    id: "mgen_1",
    styleTags: [],
  });
});

it("ends the generator of a stream that is given up", async () => {
  let isOver = false;
  const implementation = {
    async *watchGeneration() {
      try {
        for (let version = 1; ; version++) yield { version };
      } finally {
        isOver = true;
      }
    },
  };
  const call = chainedMethod(watchGeneration, implementation, []);
  const message = create(WatchGenerationRequestSchema, { jobId: "mgen_1" });
  const response = await call(contextOf(watchGeneration), message);
  if (!response.stream) throw new TypeError("not a stream");
  const versions: unknown[] = [];
  for await (const state of response.message) {
    versions.push((state as unknown as { version: number }).version);
    if (versions.length === 2) break;
  }
  expect([versions, isOver]).toEqual([[1, 2], true]);
});

it("rejects with what an interceptor throws, and calls nothing", async () => {
  const implementation = { getGeneration: () => expect.unreachable() };
  const refusing: Interceptor = () => async () => {
    throw new RangeError("no");
  };
  const call = chainedMethod(getGeneration, implementation, [refusing]);
  const message = create(GetGenerationRequestSchema);
  await expect(call(contextOf(getGeneration), message)).rejects.toThrow(RangeError);
});

it("is refused where it is not implemented, or streams requests", () => {
  expect(() => chainedMethod(getGeneration, {}, [])).toThrow(
    "music.v1.MusicGenerations.GetGeneration is not implemented",
  );
  const streaming = { ...watchGeneration, methodKind: "client_streaming" } as never;
  const implementation = { watchGeneration: () => undefined };
  expect(() => chainedMethod(streaming, implementation, [])).toThrow("requests in streams");
});
