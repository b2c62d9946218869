/** What the service tells those who watch over it; `src/metrics` counts it. Each method returns at once. */
import type { Tracer } from "@opentelemetry/api";
import type { Job } from "./job.ts";

/** A call that has ended, a stream at its end. */
export interface EndedCall {
  readonly face: string;
  /** The method's name in the proto. */
  readonly method: string;
  /** `OK`, or the code of the error table. */
  readonly code: string;
  readonly seconds: number;
}

/** Active jobs of one engine that are in one phase. */
export interface QueueDepth {
  readonly engine: string;
  readonly phase: string;
  readonly jobs: number;
  /** Since the creation of the oldest, by the database's clock. */
  readonly oldestSeconds: number;
}

export interface Telemetry {
  /** Makes spans; null when nobody collects traces. */
  readonly tracer: Tracer | null;
  callEnded(call: EndedCall): void;
  /** An attempt ended; `job` is as it is afterwards. */
  attemptEnded(job: Job): void;
  /** An attempt stopped because its lease was lost. */
  leaseLost(engine: string): void;
  /** The change feed was lost and is opened again. */
  feedReopened(): void;
  /** Someone began to watch; the function that is returned says that they ended. */
  watching(): () => void;
}

/** Tells nobody. */
export const noTelemetry: Telemetry = {
  tracer: null,
  callEnded: () => {},
  attemptEnded: () => {},
  leaseLost: () => {},
  feedReopened: () => {},
  watching: () => () => {},
};
