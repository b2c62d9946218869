/**
 * The spans of one attempt, in the trace of the call that made the job: how long it waited in the queue, and the
 * attempt with each of its steps. Without a tracer nothing is made and the steps just run.
 */
import {
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { Clock } from "../base/clock.ts";
import { contextOf } from "../base/trace-context.ts";
import type { Job } from "../generations/job.ts";

export class AttemptTrace {
  readonly #tracer: Tracer | null;
  readonly #span: Span | null = null;
  readonly #context: Context;

  constructor(tracer: Tracer | null, job: Job, clock: Clock) {
    this.#tracer = tracer;
    this.#context = contextOf(job.traceparent);
    if (tracer === null) return;
    const attributes = {
      "music.job_id": job.id,
      "music.engine": job.engine,
      "music.epoch": job.epoch,
    };
    const now = clock.now();
    const since = job.history.at(-1)?.endedAt ?? job.createdAt;
    // By the database's clock, which may be ahead of ours.
    const startTime = new Date(Math.min(since.getTime(), now.getTime()));
    tracer.startSpan("queue", { startTime, attributes }, this.#context).end(now);
    const options = { kind: SpanKind.CONSUMER, attributes };
    this.#span = tracer.startSpan("attempt", options, this.#context);
    this.#context = trace.setSpan(this.#context, this.#span);
  }

  /** Runs `work` in a span of that name; what it throws passes, and is noted by its class alone. */
  async step<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.#tracer === null) return work();
    const span = this.#tracer.startSpan(name, {}, this.#context);
    try {
      return await work();
    } catch (error) {
      // Not its message: an engine's may quote the prompt.
      const message = error instanceof Error ? error.name : "unknown";
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw error;
    } finally {
      span.end();
    }
  }

  /** @param settled the job afterwards, or null when the lease was lost */
  end(settled: Job | null): void {
    const outcome =
      settled === null ? "lease_lost" : (settled.history.at(-1)?.outcome ?? settled.status);
    this.#span?.setAttribute("music.outcome", outcome);
    if (outcome === "failed") this.#span?.setStatus({ code: SpanStatusCode.ERROR });
    this.#span?.end();
  }
}
