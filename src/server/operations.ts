/**
 * The operators' port: health and metrics, for every role. It is a port of its own so that what it tells can
 * be kept from the callers' network.
 */
import type { AddressInfo } from "node:net";
import fastify from "fastify";
import { registerHealth } from "./health.ts";
import { listenOn } from "./listen.ts";
import type { Readiness } from "./readiness.ts";

export interface OperationsOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly readiness: Pick<Readiness, "report">;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
}

export interface OperationsPort {
  /** Once it listens. */
  readonly port: number;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createOperationsPort(options: OperationsOptions): OperationsPort {
  const app = fastify({ forceCloseConnections: true });
  registerHealth(app, options.readiness);
  app.get("/metrics", async (_request, reply) => {
    return reply.type(options.metrics.contentType).send(await options.metrics.text());
  });
  return {
    get port() {
      return (app.server.address() as AddressInfo | null)?.port ?? 0;
    },
    async start() {
      const { host, port } = options;
      await app.ready();
      await listenOn(app.server, { host, port, setting: "OPERATIONS_PORT" });
    },
    stop: () => app.close(),
  };
}
