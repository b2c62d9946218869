/** Watching a job over connections that break. */
import { describe, expect, it } from "vitest";
import { ApiError, LostConnection } from "../../web/src/connection/errors.ts";
import { createPauses } from "../../web/src/connection/pauses.ts";
import { type WatchPorts, watchJob } from "../../web/src/connection/watch.ts";
import type { Job } from "../../web/src/model.ts";

const event = (version: number, status: string) =>
  `id: ${version}\nevent: generation\ndata: ${JSON.stringify({ version, status })}\n\n`;

type Answer = string | Error | Response;

/** A service that gives these answers, one to each connection, and a record of what was asked of it. */
function serviceOf(...answers: Answer[]) {
  const asked: (string | null)[] = [];
  const slept: number[] = [];
  const seen: (number | "lost" | "back")[] = [];
  const ports: WatchPorts = {
    open: async (lastEventId) => {
      asked.push(lastEventId);
      const answer = answers.shift() ?? new Error("one connection too many");
      if (answer instanceof Error) throw answer;
      return answer instanceof Response ? answer : new Response(answer);
    },
    sleep: async (ms, signal) => {
      // The watch over silence ends with what it watches; pauses between tries are short here.
      if (ms === 40_000) return createPauses().sleep(ms, signal);
      slept.push(ms);
    },
    now: () => 0,
    random: () => 1,
  };
  const watcher = {
    job: ({ version }: Job) => void seen.push(version),
    lost: (at: number | null) => void seen.push(at === null ? "back" : "lost"),
  };
  const signal = new AbortController().signal;
  return { asked, slept, seen, watch: () => watchJob(ports, watcher, signal) };
}

describe("watchJob", () => {
  it("ends with the state that is terminal", async () => {
    const service = serviceOf(event(1, "queued") + event(2, "succeeded"));
    await service.watch();
    expect(service.seen).toEqual([1, 2]);
  });

  it("goes on after a loss from the last version that it saw", async () => {
    const service = serviceOf(
      event(1, "queued"),
      new LostConnection(),
      event(4, "running") + event(5, "cancelled"),
    );
    await service.watch();
    expect(service.asked).toEqual([null, "1", "1"]);
    expect(service.seen).toEqual([1, "lost", "lost", "back", 4, 5]);
  });

  it("waits longer with each try, as long as the service asks, and anew after a success", async () => {
    const service = serviceOf(
      `retry: 100\n\n${event(1, "queued")}`,
      new LostConnection(),
      new ApiError(429, { retryAfterSeconds: 7 }),
      event(2, "running"),
      event(3, "failed"),
    );
    await service.watch();
    expect(service.slept).toEqual([100, 200, 7_000, 100]);
  });

  it("comes again after an error event that may pass", async () => {
    const envelope = { error: { status: 503, code: "SERVICE_UNAVAILABLE", message: "Stopping." } };
    const broken = `${event(1, "running")}event: error\ndata: ${JSON.stringify(envelope)}\n\n`;
    const service = serviceOf(broken, event(2, "succeeded"));
    await service.watch();
    expect(service.seen).toEqual([1, "lost", "back", 2]);
  });

  it("ends when the service has no more to say", async () => {
    const service = serviceOf(event(1, "running"), new Response(null, { status: 204 }));
    await service.watch();
    expect(service.asked).toEqual([null, "1"]);
  });

  it("gives up where trying again helps nothing", async () => {
    const service = serviceOf(new ApiError(404, { code: "RESOURCE_NOT_FOUND" }));
    await expect(service.watch()).rejects.toMatchObject({ code: "RESOURCE_NOT_FOUND" });
    expect(service.slept).toEqual([]);
  });

  it("takes a connection that is silent for too long for dead", async () => {
    const answers = [new Response(new ReadableStream()), new Response(event(9, "succeeded"))];
    const seen: unknown[] = [];
    const sleep: WatchPorts["sleep"] = async (ms, signal) => {
      if (ms === 40_000 && answers.length === 0) return createPauses().sleep(ms, signal);
      seen.push(ms);
    };
    await watchJob(
      { open: async () => answers.shift()!, sleep, now: () => 0, random: () => 1 },
      { job: ({ version }) => seen.push(version), lost: () => {} },
      new AbortController().signal,
    );
    expect(seen).toEqual([40_000, 1_000, 9]);
  });
});
