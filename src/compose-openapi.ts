/**
 * The OpenAPI document of the REST face, composed from the protos, the error table and the headers that
 * the parts set. `npm run generate` writes it to `gen/openapi.json`, which the service serves as it is: the
 * comments of the protos are only in what `buf build` makes.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { getComments } from "@bufbuild/protoplugin";
import { GenerationSchema } from "../gen/music/v1/generation_pb.ts";
import { MusicGenerations } from "../gen/music/v1/music_generations_pb.ts";
import { errorReference, errorSchema, narrowError } from "./api/error-reference.ts";
import { examples } from "./api/examples.ts";
import { describeService, type Header, type OpenApiDocument } from "./openapi/index.ts";

const root = join(import.meta.dirname, "..");

/** The descriptors of the protos with their comments. */
function buildRegistry() {
  const args = ["build", "--as-file-descriptor-set", "-o", "-"];
  const buf = join(root, "node_modules/.bin/buf");
  const bytes = execFileSync(buf, args, { cwd: root, maxBuffer: 16 * 1024 * 1024 });
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
}

const retryAfter: Header = {
  description: "In how many seconds it is worth asking again.",
  schema: { type: "integer", minimum: 1 },
};

const askAgain: Header = {
  description: "While the job is active: in how many seconds it is worth getting it again.",
  schema: { type: "integer", minimum: 1, maximum: 60 },
};

const errorHeaders: Readonly<Record<number, Readonly<Record<string, Header>>>> = {
  401: {
    "WWW-Authenticate": {
      description: "The schemes that a credential may have.",
      schema: { type: "string" },
    },
  },
  429: { "Retry-After": retryAfter },
  503: { "Retry-After": retryAfter },
};

/** The document as it is now, made anew. */
export function composeOpenApi(): OpenApiDocument {
  const service = buildRegistry().getService(MusicGenerations.typeName);
  if (service === undefined) throw new TypeError(`the protos have no ${MusicGenerations.typeName}`);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return describeService({
    service,
    comments: (desc) => getComments(desc).leading ?? "",
    info: {
      title: "Music Generations",
      version,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    errorSchema,
    narrowError,
    errors: errorReference.map((entry) => ({
      ...entry,
      headers: errorHeaders[entry.status] ?? {},
      appliesTo: ({ method, verb, body }) =>
        entry.appliesTo({ method: method.localName, verb, hasBody: body !== "" }),
    })),
    securitySchemes: {
      ApiKey: {
        type: "apiKey",
        in: "header",
        name: "X-API-Key",
        description: "An API key, `oak_…`. It wins when both are sent.",
      },
      Bearer: { type: "http", scheme: "bearer", description: "The same key as a bearer token." },
    },
    requestHeaders: [
      {
        name: "X-Request-Id",
        in: "header",
        description:
          "An id for the call, which the answer and the log repeat. One of any other form is replaced.",
        schema: { type: "string" },
      },
    ],
    answerHeaders: {
      "X-Request-Id": {
        description: "The id of the call; quote it to the operator.",
        required: true,
        schema: { type: "string" },
      },
      "RateLimit-Policy": {
        description:
          "The rate limits of the caller: `q` calls in a window of `w` seconds. Both fields are those of draft-ietf-httpapi-ratelimit-headers-10, and come once the caller is known.",
        schema: {
          type: "string",
          examples: ['"key";q=30000;w=60, "organization";q=60000;w=60'],
        },
      },
      RateLimit: {
        description: "Where the caller stands: `r` calls left, and `t` seconds until all are.",
        schema: {
          type: "string",
          examples: ['"key";r=29990;t=42, "organization";r=59990;t=42'],
        },
      },
    },
    successHeaders: ({ output, methodKind }): Record<string, Header> =>
      output.typeName === GenerationSchema.typeName && methodKind === "unary"
        ? { "Retry-After": askAgain }
        : {},
    requestExample: ({ localName }) => examples[localName]?.request,
    answerExample: ({ localName }) => examples[localName]?.answer,
  });
}

/** The text of `openapi.json`. */
export function openApiText(document: OpenApiDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
