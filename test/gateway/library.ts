/** The library service: compiled from its proto when a test starts, served through the gateway. */
import { execFileSync } from "node:child_process";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import {
  createFileRegistry,
  type DescService,
  type FileRegistry,
  fromBinary,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { createContextValues } from "@connectrpc/connect";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { GatewayError, type GatewayOptions, registerGateway } from "../../src/gateway/index.ts";

const root = join(import.meta.dirname, "../..");

function compile(): FileRegistry {
  const modules = [{ path: "proto" }, { path: "test/gateway/proto" }];
  const config = JSON.stringify({ version: "v2", modules });
  const args = ["build", "--config", config, "--as-file-descriptor-set", "-o", "-"];
  const bytes = execFileSync(join(root, "node_modules/.bin/buf"), args, {
    cwd: root,
    maxBuffer: 16 * 1024 * 1024,
  });
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
}

const registry = compile();

/** A service of the test's protos by its name. */
export function serviceNamed(name: string): DescService {
  const service = registry.getService(`library.v1.${name}`);
  if (service === undefined) throw new Error(`no service ${name}`);
  return service;
}

export const Library = serviceNamed("Library");
export const typesSchema = registry.getMessage("library.v1.Types")!;
export const bookSchema = Library.method["getBook"]!.output;

type Fields = Record<string, unknown>;

export interface LibraryOptions {
  readonly implementation?: Record<string, (request: Fields, context: never) => unknown>;
  readonly validate?: GatewayOptions["validate"];
  readonly authorize?: GatewayOptions["authorize"];
  readonly clock?: Clock;
  readonly heartbeatMs?: number;
  /** Sees each request before anything else does. */
  readonly onRequest?: (request: FastifyRequest) => void;
  readonly http2?: boolean;
  /** What `Location` begins with; default nothing. */
  readonly baseUrl?: string;
}

/** Answers with what it was asked, so that a test sees what arrived. */
const echo = {
  getBook: (request: Fields) => ({ id: request["name"] }),
  createBook: (request: Fields) => ({
    ...(request["book"] as Fields),
    id: `${request["shelf"]}-1`,
    pages: request["copies"],
    isbn: BigInt(Number(request["wait"] ?? -1)),
    weight: request["edition"],
  }),
  updateBook: (request: Fields) => request,
  lend: (request: Fields) => ({ id: request["name"], lent: true }),
  search: (request: Fields) => request,
  file: (request: Fields) => request,
  browse: (request: Fields) => request,
  locate: (request: Fields) => request,
  setTags: (request: Fields) => request,
  rename: (request: Fields) => request,
  anything: (request: Fields) => request,
  burn: () => ({}),
  echo: (request: Fields) => request,
  async *read(request: Fields) {
    for (let number = Number(request["after"]) + 1; number <= 3; number++) {
      yield { number, text: `page ${number}` };
    }
  },
};

/** The base URL of the service on a port of its own, until the test ends. */
export async function serveLibrary(options: LibraryOptions = {}): Promise<string> {
  const common = { forceCloseConnections: true, bodyLimit: 10_000 };
  // Its requests and responses stand in for those of HTTP/1.1.
  const app = (
    options.http2 ? fastify({ ...common, http2: true }) : fastify(common)
  ) as FastifyInstance;
  app.setErrorHandler((error, _request, reply) => {
    const known = error instanceof GatewayError ? error : null;
    const { kind = (error as Error).message, violations = [], headers = {} } = known ?? {};
    const status = (error as { statusCode?: number }).statusCode ?? 400;
    const body = { kind, message: (error as Error).message, violations };
    return reply.code(status).headers(headers).send(body);
  });
  registerGateway(app, {
    service: Library,
    implementation: { ...echo, ...options.implementation },
    interceptors: [],
    contextValues: (request) => {
      options.onRequest?.(request);
      return createContextValues();
    },
    authorize: options.authorize ?? (async () => ({})),
    validate: options.validate ?? (() => []),
    encodeError: (error) => ({ failed: (error as Error).message }),
    baseUrl: () => options.baseUrl ?? "",
    clock: options.clock ?? systemClock,
    ...(options.heartbeatMs !== undefined && { heartbeatMs: options.heartbeatMs }),
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => app.close());
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

export type { Message };
export { ScalarType };
