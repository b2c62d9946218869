/**
 * A worker process of ours whose attempts go on until they are stopped: says when it is ready, when each
 * begins and when its abort signal comes.
 */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nowMs } from "../clock.ts";
import type { QueueOptions } from "../queues/queue.ts";
import { openStore, startWorker } from "../service.ts";

export interface HoldOptions extends QueueOptions {
  readonly jobsAtOnce: number;
}

export type HoldEvent =
  | { readonly kind: "ready" }
  | { readonly kind: "begun" | "stopped"; readonly organization: string; readonly at: number };

export async function run(
  { url, name, jobsAtOnce }: HoldOptions,
  report: (event: HoldEvent) => void,
): Promise<never> {
  const store = await openStore(url, name);
  const folder = await mkdtemp(join(tmpdir(), "mgb-work-"));
  const attempt = async ({
    request,
    signal,
  }: {
    request: { title: string | null };
    signal: AbortSignal;
  }) => {
    const organization = request.title ?? "";
    report({ kind: "begun", organization, at: nowMs() });
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    report({ kind: "stopped", organization, at: nowMs() });
  };
  await startWorker(store, folder, attempt, jobsAtOnce);
  report({ kind: "ready" });
  return new Promise(() => {});
}
