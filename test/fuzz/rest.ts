/** Requests of the REST face: real routes with odd values, and odd routes; every part of them at times. */
import fc from "fast-check";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { routesOf } from "../../src/gateway/routes.ts";
import { headerValue, json, name, text } from "./hostile.ts";
import { answersIn, speak } from "./http-answer.ts";
import { judgeHttp, Offence } from "./judge.ts";
import { knownOrigin, organization, type Target } from "./target.ts";

interface RestRequest {
  readonly method: string;
  /** Path and query, as they stand in the request line. */
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | Uint8Array;
  /** Whether the key in it is a good one. */
  readonly allowed: boolean;
}

const routes = routesOf(MusicGenerations);
const queryNames = [
  ...new Set(MusicGenerations.methods.flatMap(({ input }) => input.fields.map((f) => f.name))),
];

/** Encoded in full, or only where a request line would break. */
const segment = (of: fc.Arbitrary<string>) =>
  fc.tuple(of, fc.boolean()).map(([value, whole]) => {
    const encoded = encodeURIComponent(value.toWellFormed());
    return whole ? encoded : value.replaceAll(/[^\x21-\x7e]/g, "%0");
  });

/** No wait that would hold the answer up: nobody ends these jobs. */
const oddNumber = fc.constantFrom("0", "-1", "31", "1.5", "1e3", "99999999999", "", "0x1", "٣");

const preference = fc.oneof(
  oddNumber.map((value) => `wait=${value}`),
  fc.constantFrom("wait", "wait=;wait=", 'wait="0"', "respond-async, wait=0", "=", ",,,"),
);

const headers = fc.array(
  fc.oneof(
    fc.tuple(name, headerValue),
    fc.tuple(
      fc.constantFrom(
        "Accept",
        "Accept-Encoding",
        "Content-Type",
        "Content-Encoding",
        "Idempotency-Key",
        "If-None-Match",
        "Last-Event-ID",
        "Origin",
        "Range",
        "Cookie",
        "Referer",
        "Forwarded",
        "X-Forwarded-For",
        "X-Request-Id",
        "X-HTTP-Method-Override",
        "traceparent",
        "tracestate",
      ),
      headerValue,
    ),
    fc.tuple(fc.constant("Origin"), fc.constantFrom(knownOrigin, "null", "https://evil.example")),
    fc.tuple(
      fc.constantFrom("Access-Control-Request-Method", "Access-Control-Request-Headers"),
      fc.oneof(fc.constantFrom("POST", "x-api-key, content-type"), headerValue),
    ),
    fc.tuple(fc.constant("Prefer"), preference),
    fc.tuple(fc.constant("X-Request-Timeout"), oddNumber),
  ),
  { maxLength: 4 },
);

const query = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom(...queryNames), segment(text)), segment(text)), {
    maxLength: 3,
  })
  .map((pairs) => pairs.filter(([field]) => field !== "wait_seconds"))
  .map((pairs) => (pairs.length === 0 ? "" : `?${pairs.map((pair) => pair.join("=")).join("&")}`));

const fieldNames = [
  ...MusicGenerations.method.createGeneration.input.fields.map((field) => field.name),
  "durationSeconds",
  "__proto__",
  "unknown",
].filter((field) => field !== "wait_seconds");

/** A create that is right but for a few of its fields. */
const createBody = fc
  .array(fc.tuple(fc.constantFrom(...fieldNames), json), { maxLength: 3 })
  .map((changes) => {
    const right = { engine: '"studio"', prompt: '"rain"', duration_seconds: "5" };
    const fields = Object.entries({ ...right, ...Object.fromEntries(changes) });
    return `{${fields.map(([field, value]) => `${JSON.stringify(field)}:${value}`).join(",")}}`;
  });

const body = fc.oneof(
  { weight: 4, arbitrary: createBody },
  { weight: 2, arbitrary: json },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  // Deeper than a parser's stack, and larger than any body may be.
  { weight: 1, arbitrary: fc.constantFrom("[".repeat(200_000), '{"a":'.repeat(50_000)) },
  { weight: 1, arbitrary: fc.constant(" ".repeat(300_000)) },
);

const hostileKey = fc.oneof(
  headerValue,
  fc.stringMatching(/^oak_[0-9A-Za-z]{49}$/),
  fc.constantFrom("oak_", `oak_${"0".repeat(49)}`, "x".repeat(9_000)),
);

function credential(target: Target): fc.Arbitrary<{ header: [string, string]; allowed: boolean }> {
  const { key } = target.known;
  const good = fc.constantFrom<[string, string]>(
    ["X-API-Key", key],
    ["Authorization", `Bearer ${key}`],
  );
  const bad = fc.oneof(
    hostileKey.map((value): [string, string] => ["X-API-Key", value]),
    hostileKey.map((value): [string, string] => ["Authorization", value]),
    fc.constant<[string, string]>(["X-API-Key", key.slice(0, -1)]),
    fc.constant<[string, string]>(["X-API-Key", key.toLowerCase()]),
  );
  return fc.oneof(
    { weight: 5, arbitrary: good.map((header) => ({ header, allowed: true })) },
    { weight: 1, arbitrary: bad.map((header) => ({ header, allowed: false })) },
  );
}

function path(target: Target): fc.Arbitrary<{ verb: string; path: string }> {
  const { queuedJob, endedJob, track } = target.known;
  const id = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(queuedJob, endedJob, track) },
    { weight: 2, arbitrary: segment(text) },
  );
  const organizations = fc.oneof(
    { weight: 4, arbitrary: fc.constant(organization) },
    { weight: 1, arbitrary: segment(text) },
  );
  const known = fc
    .tuple(fc.constantFrom(...routes), organizations, id)
    .map(([{ verb, template }, org, value]) => ({
      verb,
      path: template.source.replaceAll(/\{(\w+)\}/g, (_all, field) =>
        field === "organization_id" ? org : value,
      ),
    }));
  const odd = fc.oneof(
    fc.array(segment(text), { maxLength: 5 }).map((parts) => `/v1/music/${parts.join("/")}`),
    segment(text).map((part) => `/${part}`),
    fc.constantFrom("*", "//", "/..", "http://other.example/v1/music", "/v1/music/%E0%A4%A"),
  );
  return fc.oneof(
    { weight: 6, arbitrary: known },
    { weight: 1, arbitrary: odd.map((each) => ({ verb: "GET", path: each })) },
  );
}

const oddMethod = fc.constantFrom(
  "HEAD",
  "PUT",
  "OPTIONS",
  "TRACE",
  "PROPFIND",
  "get",
  "FOO",
  "PRI",
);

export function restRequests(target: Target): fc.Arbitrary<RestRequest> {
  return fc
    .record({
      at: path(target),
      method: fc.oneof(
        { weight: 9, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: oddMethod },
      ),
      query: fc.oneof({ weight: 2, arbitrary: fc.constant("") }, { weight: 1, arbitrary: query }),
      credential: credential(target),
      headers,
      body,
    })
    .map(({ at, method, credential: { header, allowed }, ...rest }) => ({
      method: method ?? at.verb,
      target: at.path + rest.query,
      headers: [header, ...rest.headers],
      body: (method ?? at.verb) === "POST" ? rest.body : "",
      allowed,
    }));
}

function requestBytes({ method, target, headers: sent, body: payload }: RestRequest): Uint8Array {
  const content = Buffer.from(payload);
  const hasType = sent.some(([field]) => field.toLowerCase() === "content-type");
  const lines = [
    `${method} ${target} HTTP/1.1`,
    "Host: music.test",
    "Connection: close",
    ...sent.map(([field, value]) => `${field}: ${value}`),
    ...(hasType ? [] : ["Content-Type: application/json"]),
    ...(content.length === 0 ? [] : [`Content-Length: ${content.length}`]),
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), content]);
}

/** @throws Offence */
export async function sendRest(target: Target, request: RestRequest): Promise<void> {
  // A job that nobody runs is watched for ever: its first state is enough.
  const streams = (text: string) => /\r\n(?:data: |\{")/.test(text);
  const { text: received, ended } = await speak(target.port, [requestBytes(request)], streams);
  if (!ended) throw new Offence(`the connection was not ended; it said ${received}`);
  const answers = answersIn(received, request.method === "HEAD");
  if (!received.startsWith("HTTP/1.1 ")) throw new Offence(`no answer, but "${received}"`);
  for (const answer of answers) {
    judgeHttp(answer);
    const open = answer.status < 400 && request.method !== "OPTIONS";
    if (open && !request.allowed && request.target.startsWith("/v1/"))
      throw new Offence(`let in: ${JSON.stringify(answer)}`);
  }
}
