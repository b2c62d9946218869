/**
 * Watches a job to its end: Server-Sent Events by `fetch`, which goes on after a lost connection from the
 * last version that it saw (`Last-Event-ID`), so that no change is missed and none is shown twice.
 */
import { isActive, type Job } from "../model.ts";
import { backoffMs } from "./backoff.ts";
import { ApiError, type Envelope, errorOfEnvelope, isTransient, LostConnection } from "./errors.ts";
import { createSseParser, type SseParser } from "./sse.ts";

/** The service sends something every 15 s; a connection that is silent for longer than this is dead. */
const silenceMs = 40_000;

export interface WatchPorts {
  /** The stream's response. @throws ApiError, LostConnection */
  open(lastEventId: string | null, signal: AbortSignal): Promise<Response>;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Milliseconds since 1970. */
  now(): number;
  /** Within [0, 1). */
  random(): number;
}

export interface Watcher {
  job(job: Job): void;
  /** Null when the stream is there again. */
  lost(retryAtMs: number | null): void;
}

/**
 * Resolves when the job has ended or `signal` aborts.
 * @throws ApiError that trying again does not mend
 */
export async function watchJob(
  ports: WatchPorts,
  watcher: Watcher,
  signal: AbortSignal,
): Promise<void> {
  let lastEventId: string | null = null;
  let attempt = 0;
  let retryMs: number | undefined;
  while (!signal.aborted) {
    try {
      for await (const { event, parser } of events(ports, lastEventId, signal)) {
        retryMs = parser.retryMs ?? retryMs;
        if (attempt > 0) watcher.lost(null);
        attempt = 0;
        if (event === null) continue;
        if (event.type === "error") throw streamError(event.data);
        const job = JSON.parse(event.data) as Job;
        lastEventId = event.id || lastEventId;
        watcher.job(job);
        if (!isActive(job)) return;
      }
      if (signal.aborted) return;
      throw new LostConnection();
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Ended) return;
      if (!isTransient(error)) throw error;
      const asked = error instanceof ApiError ? error.retryAfterSeconds : null;
      const waitMs = asked === null ? backoffMs(attempt, ports.random(), retryMs) : asked * 1000;
      attempt += 1;
      watcher.lost(ports.now() + waitMs);
      await ports.sleep(waitMs, signal);
    }
  }
}

/** The service has nothing after the last version seen: 204. */
class Ended extends Error {}

interface Step {
  /** Null for a sign of life. */
  readonly event: { readonly type: string; readonly data: string; readonly id: string } | null;
  readonly parser: SseParser;
}

async function* events(
  ports: WatchPorts,
  lastEventId: string | null,
  signal: AbortSignal,
): AsyncGenerator<Step> {
  const connection = new AbortController();
  const either = AbortSignal.any([signal, connection.signal]);
  try {
    const response = await ports.open(lastEventId, either);
    if (response.status === 204 || response.body === null) throw new Ended();
    const parser = createSseParser();
    yield { event: null, parser };
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await readOrSilence(reader, ports, either);
      if (done) return;
      for (const event of parser.push(value)) yield { event, parser };
    }
  } finally {
    connection.abort();
  }
}

/** @throws LostConnection */
async function readOrSilence(
  reader: ReadableStreamDefaultReader<string>,
  { sleep }: WatchPorts,
  signal: AbortSignal,
) {
  const answered = new AbortController();
  const silence = sleep(silenceMs, AbortSignal.any([signal, answered.signal])).then(() => {
    throw new LostConnection();
  });
  silence.catch(() => undefined);
  try {
    return await Promise.race([reader.read(), silence]);
  } catch (error) {
    throw new LostConnection(error);
  } finally {
    answered.abort();
  }
}

/** The last event of a stream that broke: the envelope with its own status. */
function streamError(data: string): ApiError {
  const { error = {} } = JSON.parse(data) as { error?: Envelope & { status?: number } };
  return errorOfEnvelope(error.status ?? 500, error);
}
