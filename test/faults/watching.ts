/** A client that watches a job through faults: it comes again from the version it has seen. */

import { expect } from "vitest";
import { Looks } from "../../src/api/looks.ts";
import { watchJob } from "../../src/api/watch.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { ServiceError } from "../../src/generations/failures.ts";
import type { Job } from "../../src/generations/job.ts";
import { isTerminal } from "../../src/generations/state.ts";
import { noTelemetry } from "../../src/generations/telemetry.ts";
import type { TestStore } from "../support/store.ts";
import { scope } from "./store.ts";

/** Between two tries, in milliseconds. */
const againAfterMs = 100;

/** Every state that was shown, the terminal one at their end. @throws when it is shown twice, or late */
export async function watchToTheEnd(store: TestStore, jobId: string): Promise<Job[]> {
  const never = new AbortController().signal;
  const ports = {
    looks: new Looks(store.jobs, systemClock, never),
    feed: store.feed,
    clock: systemClock,
    random: systemRandom,
    telemetry: noTelemetry,
    stopping: never,
  };
  const states: Job[] = [];
  const isOver = () => isTerminal(states.at(-1)?.status ?? "queued");
  while (!isOver()) {
    try {
      const afterVersion = states.at(-1)?.version ?? 0;
      const watcher = { scope, afterVersion, signal: never };
      for await (const state of watchJob(ports, jobId, watcher)) states.push(state);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== "SERVICE_UNAVAILABLE") throw error;
      await systemClock.sleep(againAfterMs);
    }
  }
  const versions = states.map(({ version }) => version);
  expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
  expect(states.filter(({ status }) => isTerminal(status))).toHaveLength(1);
  return states;
}
