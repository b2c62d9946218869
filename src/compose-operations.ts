/** The composition of what operators look at: readiness, and the port with health and metrics. */
import { systemClock as clock } from "./base/clock.ts";
import type { Config } from "./base/config.ts";
import type { Lifecycle } from "./base/lifecycle.ts";
import type { Metrics } from "./metrics/metrics.ts";
import { createOperationsPort } from "./server/operations.ts";
import { Readiness, type ReadinessOptions } from "./server/readiness.ts";

export interface Operations extends Lifecycle {
  readonly readiness: Readiness;
  /** Of the operators' port once it listens; 0 without one. */
  readonly port: number;
}

export function createOperations(
  { HOST: host, OPERATIONS_PORT: port }: Config,
  checks: ReadinessOptions["checks"],
  metrics: Metrics,
  stopping: AbortSignal,
): Operations {
  const readiness = new Readiness({ checks, clock, everyMs: 1_000, withinMs: 2_000, stopping });
  const listener =
    port === undefined ? null : createOperationsPort({ host, port, readiness, metrics });
  return {
    readiness,
    get port() {
      return listener?.port ?? 0;
    },
    async start() {
      await listener?.start();
      await readiness.start();
    },
    async stop() {
      await readiness.stop();
      await listener?.stop();
    },
  };
}
