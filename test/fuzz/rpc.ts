/** Calls by gRPC, gRPC-Web and Connect whose envelopes, messages and headers are almost right. */
import { deflateRawSync, gzipSync } from "node:zlib";
import { create, type DescMethod, toBinary, toJsonString } from "@bufbuild/protobuf";
import fc from "fast-check";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { bytes, headerValue, json, mutated, text } from "./hostile.ts";
import { organization, type Target } from "./target.ts";

export interface RpcCall {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Connect's, gRPC's and what a proxy makes of them. */
const contentTypes = {
  gRPC: ["application/grpc", "application/grpc+proto", "application/grpc+json"],
  Web: ["application/grpc-web", "application/grpc-web+proto", "application/grpc-web-text"],
  Connect: [
    "application/proto",
    "application/json",
    "application/connect+proto",
    "application/connect+json",
    "application/json; charset=latin1",
  ],
} as const;

export type Protocol = keyof typeof contentTypes;

const foreign = ["/grpc.health.v1.Health/Check", "/grpc.reflection.v1.ServerReflection/Nothing"];

/** The messages of a method, as proto and as JSON: right ones, and right ones with odd texts in them. */
function messages({ known }: Target): fc.Arbitrary<{ method: DescMethod; init: object }> {
  const ids = fc.oneof(fc.constantFrom(known.endedJob, known.track), text);
  const fields = fc.record({
    organizationId: fc.oneof({ weight: 4, arbitrary: fc.constant(organization) }, text),
    jobId: ids,
    trackId: ids,
    engine: fc.oneof(fc.constant("studio"), text),
    prompt: text,
    durationSeconds: fc.constantFrom(5, 0, -1, 2_147_483_647),
    mode: fc.constantFrom(0, 1, 99),
    styleTags: fc.array(text, { maxLength: 3 }),
    seed: fc.constantFrom(0, 4_294_967_295),
    waitSeconds: fc.constantFrom(0, 31, -1),
    afterVersion: fc.constantFrom(0, -1, 2_147_483_647),
    limit: fc.constantFrom(1, 0, -1, 101),
    pageToken: text,
  });
  return fc.record({ method: fc.constantFrom(...MusicGenerations.methods), init: fields });
}

/** A string of protobuf is UTF-8; what is not can only come as bytes. */
function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  return Array.isArray(value) ? value.map(wellFormed) : value;
}

function encoded(method: DescMethod, init: object, contentType: string): Uint8Array {
  const names = new Set(method.input.fields.map(({ localName }) => localName));
  const own = Object.entries(init).filter(([field]) => names.has(field));
  const right = Object.fromEntries(own.map(([field, value]) => [field, wellFormed(value)]));
  const message = create(method.input, right);
  return contentType.includes("json")
    ? Buffer.from(toJsonString(method.input, message))
    : toBinary(method.input, message);
}

/** As it is, or as no encoder would write it: odd wire types, groups within groups, deep JSON. */
const payload = (of: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 4, arbitrary: of },
    { weight: 4, arbitrary: mutated(of, bytes) },
    { weight: 1, arbitrary: bytes },
    { weight: 1, arbitrary: json.map((each) => Buffer.from(each)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        Buffer.alloc(100_000, 0x0b),
        Buffer.from("[".repeat(100_000)),
        Buffer.alloc(300_000, 0x0a),
      ),
    },
  );

/** A message in its frame of five bytes, whose flags and length may lie. */
const envelope = (of: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      data: of,
      flags: fc.constantFrom(0, 0, 0, 1, 2, 128, 255),
      length: fc.constantFrom<number | null>(null, null, null, 0, 1, 65_536, 4_294_967_295),
      packing: fc.constantFrom("none", "none", "gzip", "deflate", "bomb"),
    })
    .map(({ data, flags, length, packing }) => {
      const packed = packings[packing]?.(data) ?? data;
      const head = Buffer.alloc(5);
      head.writeUInt8(flags, 0);
      head.writeUInt32BE(length ?? packed.length, 1);
      return Buffer.concat([head, packed]);
    });

const bomb = gzipSync(Buffer.alloc(20_000_000));
const packings: Readonly<Record<string, (data: Uint8Array) => Uint8Array>> = {
  gzip: (data) => gzipSync(data),
  deflate: (data) => deflateRawSync(data),
  bomb: () => bomb,
};

const timeout = fc.oneof(
  fc.constantFrom("0S", "1S", "99999999H", "99999999S", "1H", "-1S", "S", "1", "1x", "100000000m"),
  headerValue,
);

const oddHeaders = fc
  .array(
    fc.oneof(
      fc.tuple(fc.constantFrom("grpc-timeout", "connect-timeout-ms"), timeout),
      fc.tuple(
        fc.constantFrom("grpc-encoding", "content-encoding", "connect-content-encoding"),
        fc.oneof(fc.constantFrom("gzip", "deflate", "br", "identity"), headerValue),
      ),
      fc.tuple(
        fc.constantFrom(
          "grpc-accept-encoding",
          "connect-protocol-version",
          "x-user-agent",
          "traceparent",
          "x-request-id",
          "odd-bin",
          "authorization",
        ),
        headerValue,
      ),
    ),
    { maxLength: 3 },
  )
  .map((pairs) => Object.fromEntries(pairs));

export function rpcCalls(target: Target, protocol: Protocol): fc.Arbitrary<RpcCall> {
  const { key } = target.known;
  const call = fc.tuple(messages(target), fc.constantFrom<string>(...contentTypes[protocol]));
  return call.chain(([{ method, init }, contentType]) => {
    const own = `/${MusicGenerations.typeName}/${method.name}`;
    const message = payload(fc.constant(encoded(method, init, contentType)));
    const isBare = /^application\/(proto|json)/.test(contentType);
    const framed = envelope(message);
    const several = fc.array(framed, { maxLength: 2 }).map((frames) => Buffer.concat(frames));
    const credential = fc.oneof(
      { weight: 6, arbitrary: fc.constant(key) },
      { weight: 1, arbitrary: headerValue },
    );
    return fc.record({
      path: fc.oneof(
        { weight: 9, arbitrary: fc.constant(own) },
        {
          weight: 1,
          arbitrary: fc.constantFrom(`/${MusicGenerations.typeName}/Nothing`, "/a/b", ...foreign),
        },
      ),
      headers: fc
        .tuple(credential, oddHeaders)
        .map(([sent, odd]) => ({ "content-type": contentType, "x-api-key": sent, ...odd })),
      body: isBare ? message : fc.oneof({ weight: 5, arbitrary: framed }, several),
    });
  });
}
