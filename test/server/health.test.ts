/** Health over HTTP: what it says, to anyone, while parts fail and when the service stops. */
import fastify from "fastify";
import { expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { registerHealth } from "../../src/server/health.ts";
import { Readiness } from "../../src/server/readiness.ts";
import { startTestService } from "../support/service.ts";

async function serve(checks: Readonly<Record<string, () => Promise<void>>>) {
  const stopping = new AbortController();
  const readiness = new Readiness({
    checks,
    clock: systemClock,
    everyMs: 10,
    withinMs: 50,
    stopping: stopping.signal,
  });
  const app = fastify();
  registerHealth(app, readiness);
  await readiness.start();
  onTestFinished(async () => {
    await readiness.stop();
    await app.close();
  });
  const look = async (path = "/readyz") => {
    const { statusCode, body } = await app.inject({ url: path });
    return [statusCode, JSON.parse(body)] as const;
  };
  return { stopping, look };
}

it("names the part that fails, or does not answer, and says when it is well again", async () => {
  let database: () => Promise<void> = async () => {};
  const { look } = await serve({ database: () => database(), disk: async () => {} });
  expect(await look()).toEqual([200, { status: "ready", checks: { database: "ok", disk: "ok" } }]);
  const failed = { status: "not_ready", checks: { database: "failed", disk: "ok" } };
  database = async () => {
    throw new Error("mongodb://secret@host");
  };
  await expect.poll(() => look()).toEqual([503, failed]);
  database = async () => {};
  await expect.poll(async () => (await look())[0]).toBe(200);
  database = () => new Promise(() => {});
  await expect.poll(() => look()).toEqual([503, failed]);
  expect(await look("/livez")).toEqual([200, { status: "alive" }]);
});

it("a service that stops is alive and not ready", async () => {
  const { stopping, look } = await serve({ database: async () => {} });
  stopping.abort();
  expect((await look())[0]).toBe(503);
  expect((await look("/livez"))[0]).toBe(200);
});

it("the whole service tells of each of its parts, without a key", async () => {
  const { url } = await startTestService();
  const look = async () => {
    const response = await fetch(`${url}/readyz`);
    return [response.status, await response.json()];
  };
  const checks = { startup: "ok", database: "ok", feed: "ok", worker: "ok", disk: "ok" };
  // At once: a service that says it is ready is.
  expect(await look()).toEqual([200, { status: "ready", checks }]);
});
