/** Watchers over real sockets that do not read, or leave: what they are told, and what they cost. */
import { once } from "node:events";
import http from "node:http";
import type { FastifyReply } from "fastify";
import { expect, it, onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import type { Claim, Job } from "../../src/generations/job.ts";
import { createApi } from "../support/api.ts";
import { ScriptedEngine } from "../support/scripted-engine.ts";
import { newTestJob, openTestStore, request } from "../support/store.ts";

const store = await openTestStore();
const organizationId = "org_slow";
const stateBytes = 256 * 1024;

/** Sleeps only end when they are told to: whatever happens comes from a hint or from the socket. */
const still: Clock = {
  ...systemClock,
  sleep: (_ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      signal?.addEventListener("abort", () => resolve(), { once: true });
    }),
};

/** A claimed job, and a connection that watches it and reads nothing. */
async function watchWithoutReading(engine: string) {
  const ended = Promise.withResolvers<void>();
  const onJob = (jobId: string, listener: () => void) => {
    const unsubscribe = store.feed.onJob(jobId, listener);
    return () => {
      unsubscribe();
      ended.resolve();
    };
  };
  const feed = Object.assign(Object.create(store.feed), { onJob });
  const api = createApi({ ...store, feed }, [new ScriptedEngine(engine)], still);
  let reply: FastifyReply | undefined;
  const base = await api.listen((each) => {
    reply = each;
  });
  const { key, userId } = await store.apiKeys.create(organizationId, "user_1");
  // So large a state that a few fill the buffers of the socket; the API would not take such a prompt.
  const prompt = "x".repeat(stateBytes);
  const made = newTestJob({ organizationId, userId, engine, request: { ...request, prompt } });
  const job = await store.jobs.create(made);
  const [claim] = await store.jobs.claim("w", [engine], 1, true);
  const url = `${base}/v1/music/${organizationId}/generations/${job.id}/events`;
  const headers = { "x-api-key": key, accept: "application/x-ndjson" };
  const asked = http.get(url, { headers });
  onTestFinished(() => void asked.destroy());
  const [response] = (await once(asked, "response")) as [http.IncomingMessage];
  response.pause();
  return { claim: claim!, response, socket: reply!.raw, ended: ended.promise };
}

async function progress({ lease }: Claim, percent: number): Promise<void> {
  const news = { percent, phase: "render", message: "" };
  await store.jobs.heartbeat([{ lease, progress: news }]);
}

/** New states until the server has not been able to write for a while. */
async function fill(claim: Claim, socket: { writableNeedDrain: boolean }): Promise<void> {
  for (let blocked = 0; blocked < 10; ) {
    await progress(claim, 1);
    blocked = socket.writableNeedDrain ? blocked + 1 : 0;
  }
}

it("one that does not read costs a state or two, and has the newest and the last when it does", async () => {
  const { claim, response, socket } = await watchWithoutReading("unread");
  await fill(claim, socket);
  for (let i = 0; i < 40; i++) await progress(claim, 50);
  // The high-water mark of the socket, and the state that went beyond it.
  expect(socket.writableLength).toBeLessThan(socket.writableHighWaterMark + stateBytes + 16 * 1024);
  const done = await store.jobs.exit(claim.lease, { kind: "refuse", reason: "not today" }, null);
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  const states = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Job);
  const versions = states.map(({ version }) => version);
  expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  expect(versions.length).toBeLessThan((done?.version ?? 0) - 20);
  expect(states.at(-1)).toMatchObject({ status: "refused", version: done?.version });
  expect(states.filter(({ status }) => status === "refused")).toHaveLength(1);
});

it("one that leaves is let go at once, whether it was reading or not", async () => {
  for (const engine of ["idle", "stuck"]) {
    const { claim, response, socket, ended } = await watchWithoutReading(engine);
    if (engine === "stuck") await fill(claim, socket);
    response.destroy();
    await ended;
    await store.jobs.exit(claim.lease, { kind: "refuse", reason: "left" }, null);
  }
});
