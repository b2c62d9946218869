/**
 * Health over HTTP, for orchestrators: `/livez` says that the process answers, `/readyz` whether it can serve
 * calls and which part fails. It is the same truth as the gRPC health service tells; neither asks for a key or
 * says why something fails.
 */
import type { FastifyInstance } from "fastify";
import type { Readiness } from "./readiness.ts";

export function registerHealth(app: FastifyInstance, readiness: Pick<Readiness, "report">): void {
  app.get("/livez", async (_request, reply) => {
    return reply.header("cache-control", "no-store").send({ status: "alive" });
  });
  app.get("/readyz", async (_request, reply) => {
    const { ready, checks } = readiness.report;
    if (!ready) reply.code(503).header("retry-after", "1");
    reply.header("cache-control", "no-store");
    return reply.send({ status: ready ? "ready" : "not_ready", checks });
  });
}
