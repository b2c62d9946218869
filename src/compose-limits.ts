/**
 * `docs/limits.md`: everything that a caller could make large, slow or many, with its bound, composed from where
 * each bound is kept. Whoever adds a limit of a listener, a setting of a caller's limit or a field to a request
 * has to say here what it is, or nothing compiles or the test fails.
 */
import type { DescField } from "@bufbuild/protobuf";
import { MusicGenerations } from "../gen/music/v1/music_generations_pb.ts";
import { confirmedForMs } from "./api/authorization.ts";
import { settings } from "./base/config.ts";
import { mostTold } from "./gateway/faults.ts";
import { maxJsonDepth } from "./gateway/json-text.ts";
import { defaultHeartbeatMs } from "./gateway/stream.ts";
import { maxAttempts } from "./generations/state.ts";
import { mediaTtlSeconds } from "./media/signer.ts";
import { constraintsOf } from "./openapi/rules.ts";
import { maxBodyBytes } from "./server/app.ts";
import { defaultGrpcLimits, type GrpcLimits } from "./server/grpc/index.ts";
import { defaultListenerLimits, type ListenerLimits } from "./server/listener/index.ts";

type Row = readonly [what: string, bound: string, beyond: string];

const number = (value: number) => value.toLocaleString("en-US");
const time = (ms: number) => `${number(ms / 1_000)} s`;
const size = (bytes: number) =>
  bytes >= 1024 * 1024 ? `${number(bytes / 1024 / 1024)} MiB` : `${number(bytes / 1024)} KiB`;

type Described<Limits> = Readonly<
  Record<keyof Limits, readonly [what: string, show: (value: number) => string, beyond: string]>
>;

/** A row for each of a listener's limits. */
function rowsOf<Limits extends object>(limits: Limits, described: Described<Limits>): Row[] {
  const names = Object.keys(described) as (keyof Limits)[];
  return names.map((name) => {
    const [what, show, beyond] = described[name];
    return [what, show(limits[name] as number), beyond];
  });
}

const settingNames = {
  KEY_CALLS_PER_MINUTE: "429 RATE_LIMIT_EXCEEDED",
  ORGANIZATION_CALLS_PER_MINUTE: "429 RATE_LIMIT_EXCEEDED; `orgs limit ID calls-per-minute N`",
  KEY_STREAMS: "429 RATE_LIMIT_EXCEEDED",
  ORGANIZATION_STREAMS: "429 RATE_LIMIT_EXCEEDED; `orgs limit ID streams N`",
  ORGANIZATION_QUEUED_JOBS: "429 QUOTA_EXCEEDED; `orgs limit ID queued-jobs N`",
  ORGANIZATION_AUDIO_SECONDS_PER_DAY: "429 QUOTA_EXCEEDED; `orgs limit ID audio-seconds-per-day N`",
  ORGANIZATION_CAP: "The others wait; `orgs cap ID N`",
  ATTEMPT_SECONDS: "The attempt is lost; the next one goes on from its checkpoint",
  JOB_SECONDS: "The job fails",
} as const satisfies Partial<Record<keyof typeof settings.shape, string>>;

function settingRows(): Row[] {
  return Object.entries(settingNames).map(([name, beyond]) => {
    const schema = settings.shape[name as keyof typeof settingNames];
    return [
      `${schema.description} (\`${name}\`)`,
      number(Number(schema.safeParse(undefined).data)),
      beyond,
    ];
  });
}

const requestRows: readonly Row[] = [
  [
    "A body, or a message of any RPC protocol, decompressed",
    size(maxBodyBytes),
    "413 PAYLOAD_TOO_LARGE",
  ],
  ["A compressed body on REST", "none", "415 UNSUPPORTED_MEDIA_TYPE"],
  ["Depth of the JSON of a body", number(maxJsonDepth), "400 MALFORMED_REQUEST"],
  [
    "Violations that one error tells",
    number(mostTold),
    "The last one says how many more there are",
  ],
];

const streamRows: readonly Row[] = [
  [
    "Calls that wait for their job (`wait_seconds`, `Prefer: wait`)",
    "a place for a stream each",
    "Answered at once",
  ],
  [
    "Messages of a stream",
    "one for each version",
    "A slow reader gets the newest and is waited for",
  ],
  [
    "Silence of an event stream",
    time(defaultHeartbeatMs),
    "A comment or an empty line keeps it alive",
  ],
  [
    "Between two looks at the key and the membership of who watches",
    time(confirmedForMs),
    "401 or 403 ends the stream at its next look",
  ],
];

const jobRows: readonly Row[] = [
  ["Attempts at a job that count", number(maxAttempts), "The job fails"],
  ["A signed media URL holds at least", time(mediaTtlSeconds * 1_000), "403 SIGNATURE_INVALID"],
];

const listenerLimits: Described<ListenerLimits> = {
  firstBytesMs: ["From the connection to its first bytes", time, "Closed"],
  headersMs: ["For the headers of a request", time, "408, or the HTTP/2 session ends"],
  bodyMs: [
    "From the headers to the end of the body",
    time,
    "408, and the connection or stream ends",
  ],
  idleMs: ["Without a request under way", time, "Closed, or GOAWAY"],
  pingMs: ["For an HTTP/2 peer to answer a PING, and between two", time, "The session ends"],
  tcpKeepAliveMs: [
    "Before the system probes a silent peer",
    time,
    "The connection ends if it is dead",
  ],
  lingerMs: ["For a peer to read the last answer and close", time, "Destroyed"],
  maxConnections: ["Connections", number, "Refused"],
  maxConnectionsPerAddress: ["Connections of one IPv4 address, or one IPv6 /64", number, "Refused"],
  maxConcurrentRequests: [
    "Requests of one connection at once",
    number,
    "HTTP/2 streams are refused; pipelined requests wait",
  ],
  maxHeaderBytes: ["Request line and headers", size, "431 HEADERS_TOO_LARGE, or a reset stream"],
};

const grpcLimits: Described<GrpcLimits> = {
  maxRequestBytes: ["A request message, compressed or not", size, "PAYLOAD_TOO_LARGE"],
  maxResponseBytes: ["An answer", size, "INTERNAL_ERROR"],
  maxMetadataBytes: ["Metadata of a call, 32 bytes for each besides", size, "HEADERS_TOO_LARGE"],
  maxConcurrentStreams: ["Calls of one connection at once", number, "They wait at the client"],
  keepAliveMs: ["Between two PINGs", time, ""],
  keepAliveTimeoutMs: ["For the answer to a PING", time, "Closed"],
  idleMs: ["Without a call", time, "GOAWAY"],
  lingerMs: ["For a peer to read the last answers and close", time, "Destroyed"],
};

/** What each keyword of JSON Schema bounds. */
const keywords: Readonly<Record<string, string>> = {
  maxLength: "characters",
  maxItems: "items",
  maxProperties: "entries",
  maximum: "at most",
};

/** The fields of all requests that have a bound from above, each once. */
function fieldRows(): Row[] {
  const rows = new Map<string, Row>();
  for (const { input } of MusicGenerations.methods) {
    for (const field of input.fields) {
      const bounds = boundsOf(field);
      if (bounds !== "") rows.set(field.name + bounds, [`\`${field.name}\``, bounds, "422"]);
    }
  }
  return [...rows.values()];
}

function boundsOf(field: DescField): string {
  const { items, ...own } = constraintsOf(field) as Record<string, unknown>;
  const each = items ? ` of ${told(items)}` : "";
  return told(own) + each;
}

function told(constraints: object): string {
  return Object.entries(constraints)
    .filter(([name]) => name in keywords)
    .map(([name, most]) => {
      const unit = keywords[name] ?? "";
      return unit === "at most" ? number(Number(most)) : `${number(Number(most))} ${unit}`;
    })
    .join(", ");
}

function table(title: string, note: string, rows: readonly Row[]): string {
  const lines = rows.map((cells) => `| ${cells.join(" | ")} |`);
  return [
    `## ${title}`,
    "",
    note,
    "",
    "| what | bound | beyond it |",
    "| --- | --- | --- |",
    ...lines,
    "",
  ].join("\n");
}

const intro = `# Limits

Everything that a caller could make large, slow or many, and what happens beyond the bound. Made by
\`npm run generate\` from where the bounds are kept; a test compares.
`;

const callersNote = `Defaults of settings. What has an \`orgs\` command can differ for an organization, without a restart. Rates are
counted over all processes, to a twentieth of the limit for each; streams are counted in each process; a repeat
of an accepted create (\`Idempotency-Key\`) is never refused by a quota. Seconds of audio count from the acceptance
of a job and come back only from one that is cancelled before it began. Every 429 says by \`Retry-After\`, on RPC by
\`RetryInfo\`, when to come again; \`RateLimit-Policy\` and \`RateLimit\` say before where one stands.`;

/** The text of `docs/limits.md`. */
export function limitsText(): string {
  return [
    intro,
    table("Callers", callersNote, settingRows()),
    table("Requests", "On every face, unless it says REST.", requestRows),
    table(
      "Fields of requests",
      "As the protos say; 422 is VALIDATION_ERROR with the field.",
      fieldRows(),
    ),
    table("Streams", "Server-sent events, newline-delimited JSON and RPC streams.", streamRows),
    table("Jobs and media", "Beside the settings above.", jobRows),
    table(
      "Connections of the port for every protocol",
      "HTTP/1.1 and HTTP/2 alike.",
      rowsOf(defaultListenerLimits, listenerLimits),
    ),
    table(
      "Connections of the port for gRPC",
      "The numbers of connections are those above.",
      rowsOf(defaultGrpcLimits, grpcLimits),
    ),
  ].join("\n");
}
