/** REST by `fetch`; streams as Server-Sent Events or newline-delimited JSON, read as they are. */
import type { DescMethod } from "@bufbuild/protobuf";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { routesOf } from "../../src/gateway/routes.ts";
import {
  type CallOptions,
  type Endpoints,
  type Face,
  Failure,
  type Fields,
  type State,
} from "./face.ts";

type Framing = "sse" | "ndjson";

const types = { sse: "text/event-stream", ndjson: "application/x-ndjson" } as const;
const routes = routesOf(MusicGenerations);

export function restFace(name: string, framing: Framing, { url }: Endpoints): Face {
  const post = (path: string, body: Buffer, options: CallOptions) =>
    fetch(url + path, { method: "POST", body, ...initOf(options) }).then(failureFrom);
  return {
    name,
    encoding: "status",
    async unary(method: DescMethod, fields: Fields, options) {
      const { verb, path, body } = requestOf(method, fields);
      const init = { method: verb, ...(body !== null && { body }), ...initOf(options) };
      const response = await fetch(url + path, init);
      if (!response.ok) throw await failureFrom(response);
      const text = await response.text();
      const state = (text === "" ? {} : JSON.parse(text)) as State;
      const { headers } = response;
      return {
        state,
        requestId: headers.get("x-request-id"),
        rateLimit: headers.get("ratelimit"),
      };
    },
    async *watch(fields, options) {
      const { path } = requestOf(MusicGenerations.method.watchGeneration, fields);
      const { headers, signal } = initOf(options);
      const response = await fetch(url + path, {
        headers: { ...headers, accept: types[framing] },
        signal,
      });
      if (!response.ok) throw await failureFrom(response);
      if (response.body === null) return;
      const data = framing === "sse" ? sseData(response.body) : lines(response.body);
      for await (const text of data) {
        const value = JSON.parse(text) as State & { error?: object };
        if (value.error !== undefined) throw failureOfEnvelope(value);
        yield value;
      }
    },
    bytes: (bytes, options) =>
      post(requestOf(MusicGenerations.method.createGeneration, organization).path, bytes, options),
    unknown: (options) => post("/v1/music/org_x/nothing", Buffer.from("{}"), options),
    close: () => {},
  };
}

/** Of which nobody is a member: what is wrong with bytes must be found without. */
const organization = { organization_id: "org_bytes" };

/** Fills the path's fields in; the others go into the body or the query. */
function requestOf(method: DescMethod, fields: Fields) {
  const route = routes.find((each) => each.method === method);
  if (route === undefined) throw new TypeError(`no route of ${method.name}`);
  const rest = new Map(Object.entries(fields));
  const path = route.template.source.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const value = rest.get(name);
    rest.delete(name);
    return encodeURIComponent(String(value));
  });
  if (route.body === "*") {
    return { verb: route.verb, path, body: JSON.stringify(Object.fromEntries(rest)) };
  }
  const query = new URLSearchParams(
    Object.fromEntries([...rest].map(([name, value]) => [name, String(value)])),
  );
  const search = rest.size === 0 ? "" : `?${query}`;
  return { verb: route.verb, path: path + search, body: null };
}

function initOf({ key, headers, deadlineMs, signal }: CallOptions) {
  return {
    headers: {
      "content-type": "application/json",
      ...headers,
      ...(deadlineMs !== undefined && { "x-request-timeout": String(deadlineMs / 1_000) }),
      ...(key !== null && { "x-api-key": key }),
    },
    signal: signal ?? null,
  };
}

interface Envelope {
  readonly error: {
    readonly code: string;
    readonly status: number;
    readonly trace_id: string;
    readonly details: {
      readonly violations?: readonly { readonly field: string }[];
      readonly quota?: string;
    };
  };
}

async function failureFrom(response: Response): Promise<Failure> {
  const envelope = (await response.json()) as Envelope;
  return failureOfEnvelope(envelope, response.headers.get("retry-after"), response.status);
}

function failureOfEnvelope(envelope: unknown, retryAfter: string | null = null, status?: number) {
  const { error } = envelope as Envelope;
  return new Failure({
    code: status ?? error.status,
    reason: error.code,
    fields: error.details.violations?.map(({ field }) => field) ?? [],
    retryAfterSeconds: retryAfter === null ? undefined : Number(retryAfter),
    requestId: error.trace_id,
    quota: error.details.quota,
  });
}

async function* lines(body: ReadableStream<Uint8Array>, separator = "\n"): AsyncGenerator<string> {
  let text = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const parts = (text + chunk).split(separator);
    text = parts.pop() ?? "";
    yield* parts.filter((part) => part !== "");
  }
}

/** The data of each event; comments and retry times have none. */
async function* sseData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  for await (const event of lines(body, "\n\n")) {
    const data = event.split("\n").find((line) => line.startsWith("data: "));
    if (data !== undefined) yield data.slice(6);
  }
}
