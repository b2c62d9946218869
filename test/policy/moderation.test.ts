/** An operator's moderation service, as a real one on a real socket, and what an attempt makes of it. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { createModeration } from "../../src/policy/moderation.ts";
import { request } from "../support/store.ts";

async function serve(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return createModeration(`http://127.0.0.1:${(server.address() as AddressInfo).port}/check`);
}

const answers = (status: number, body: string): RequestListener => {
  return (_request, response) => response.writeHead(status).end(body);
};
const { signal } = new AbortController();

it("is told what the caller wrote, and decides", async () => {
  const told = Promise.withResolvers<unknown>();
  const moderation = await serve(async (incoming, response) => {
    told.resolve(JSON.parse(Buffer.concat(await incoming.toArray()).toString()));
    response.end('{"allowed": false, "reason": "Not for our shop."}');
  });
  const decision = await moderation.decide({ ...request, styleTags: ["calm"] }, signal);
  expect(decision).toEqual({ allowed: false, rule: "moderation", reason: "Not for our shop." });
  expect(await told.promise).toEqual({
    prompt: request.prompt,
    title: null,
    style_tags: ["calm"],
    lyrics: null,
  });
});

it("lets pass what is allowed, and has a reason of its own where none is given", async () => {
  const yes = await serve(answers(200, '{"allowed": true}'));
  expect(await yes.decide(request, signal)).toEqual({ allowed: true });
  const no = await serve(answers(200, '{"allowed": false}'));
  expect(await no.decide(request, signal)).toMatchObject({
    reason: "The request is not allowed here.",
  });
});

it.each([
  ["an error", 500, "{}"],
  ["no JSON", 200, "yes"],
  ["another shape", 200, '{"ok": true}'],
  ["a redirect", 302, ""],
])("%s decides nothing", async (_, status, body) => {
  await expect((await serve(answers(status, body))).decide(request, signal)).rejects.toThrow();
});

it("a stop ends the wait for it", async () => {
  const stop = new AbortController();
  const asked = Promise.withResolvers<void>();
  const silent = await serve(() => asked.resolve());
  const deciding = silent.decide(request, stop.signal);
  const failed = expect(deciding).rejects.toThrow();
  await asked.promise;
  stop.abort();
  await failed;
});
