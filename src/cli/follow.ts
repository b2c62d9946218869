/**
 * A job shown until it has ended. A lost connection is taken up again where it broke off, and Ctrl-C asks
 * for the job to be cancelled.
 */
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { type Generation, GenerationStatus } from "../../gen/music/v1/generation_pb.ts";
import { systemClock as clock } from "../base/clock.ts";
import type { ClientOptions, Service } from "./client.ts";
import { jobJson, statusName } from "./job-text.ts";
import { note, type OutputOptions, print } from "./output.ts";
import { createProgressView, noProgress, type ProgressView } from "./progress.ts";
import { leftText, queueText } from "./time-text.ts";

export interface FollowOptions extends ClientOptions, OutputOptions {
  /** Prints each state as a line of JSON. */
  readonly states?: boolean;
}

/** A connection that is lost so often without any news between is given up. */
const mostLosses = 6;
/** An estimate is asked for again after this. */
const estimateEveryMs = 2_000;

interface Following {
  readonly service: Service;
  readonly request: { readonly organizationId: string; readonly jobId: string };
  readonly options: FollowOptions;
}

/**
 * Shows the job until it has ended, and returns its last state.
 * @param asked aborts when the job is to be cancelled
 */
export async function follow(
  service: Service,
  options: FollowOptions,
  job: Generation,
  asked: AbortSignal,
): Promise<Generation> {
  const request = { organizationId: options.organization, jobId: job.id };
  const following = { service, request, options };
  const leaving = new AbortController();
  try {
    return await Promise.race([
      watch(following, job, leaving.signal),
      cancelWhenAsked(following, asked, leaving.signal),
    ]);
  } finally {
    leaving.abort();
  }
}

/** Rejects when the cancel cannot be asked for; otherwise the watch ends with the job. */
async function cancelWhenAsked(
  { service, request, options }: Following,
  asked: AbortSignal,
  leaving: AbortSignal,
): Promise<never> {
  await new Promise<void>((resolve) => {
    if (asked.aborted) return resolve();
    asked.addEventListener("abort", () => resolve(), { once: true, signal: leaving });
  });
  note("Asking for the job to be cancelled. Another Ctrl-C leaves at once.", options);
  await service.cancelGeneration({ ...request, waitSeconds: 0 });
  return await new Promise<never>(() => {});
}

async function watch(
  following: Following,
  job: Generation,
  leaving: AbortSignal,
): Promise<Generation> {
  const { quiet, states } = following.options;
  const view = quiet ? noProgress : createProgressView(process.stderr);
  const show = showWithEstimate(following, view);
  let latest = job;
  try {
    for await (const state of statesOf(following, leaving)) {
      latest = state;
      show(state);
      if (states) print(jobJson(state));
    }
  } finally {
    view.end();
  }
  return latest;
}

/** Every state that comes, over as many connections as it takes. */
async function* statesOf(
  { service, request, options }: Following,
  signal: AbortSignal,
): AsyncGenerator<Generation> {
  let afterVersion: number | undefined;
  for (let losses = 0; ; ) {
    try {
      const from = afterVersion === undefined ? request : { ...request, afterVersion };
      for await (const state of service.watchGeneration(from, { signal })) {
        losses = 0;
        afterVersion = state.version;
        yield state;
      }
      return;
    } catch (error) {
      losses += 1;
      if (signal.aborted || !isLoss(error) || losses > mostLosses) throw error;
      note("The connection was lost; trying again.", options);
      await clock.sleep(250 * 2 ** losses, signal);
    }
  }
}

/** The service names a reason with every error of its own; what has none is of the line between. */
function isLoss(error: unknown): boolean {
  if (!(error instanceof ConnectError)) return false;
  return error.code === Code.Unavailable || error.findDetails(ErrorInfoSchema).length === 0;
}

/** A watch does not say when a running job may be done, so that is asked for now and then. */
function showWithEstimate({ service, request }: Following, view: ProgressView) {
  let running: Generation["queue"];
  let askedAtMs = Number.NEGATIVE_INFINITY;
  const ask = () => {
    if (clock.monotonicMs() - askedAtMs < estimateEveryMs) return;
    askedAtMs = clock.monotonicMs();
    service.getGeneration(request).then(
      ({ queue }) => {
        running = queue;
      },
      () => {}, // The bar goes on without an estimate.
    );
  };
  return (job: Generation) => {
    const isRunning = job.status === GenerationStatus.RUNNING;
    if (isRunning) ask();
    const words = isRunning ? job.progressMessage : job.queue && queueText(job.queue);
    view.show({
      status: statusName(job.status),
      progress: job.progress,
      message: words ?? null,
      left: leftText(isRunning ? running : job.queue, clock.now()),
    });
  };
}
