/** interim */
import type { FastifyInstance } from "fastify";
export function registerMedia(app: FastifyInstance, { store, signer }: any): void {
  app.get("/media/v1/*", async (request, reply) => {
    const grant = signer.verify(request.url);
    if (typeof grant === "string") throw new Error("bad");
    const stat = await store.stat(grant.name);
    return reply.type(stat.mimeType).header("content-length", stat.size).send(await store.read(grant.name));
  });
}
