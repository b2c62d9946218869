/** What the fixture worker is told when it is started, in its one argument, as JSON. */
import type { LeaseTimes } from "../../src/worker/leases.ts";

/** Where an attempt can be halted, in this order but for the last two, which need a longer render. */
export const steps = [
  "claimed",
  "prepared",
  "rendered",
  "published",
  "settled",
  "heartbeat",
  "draining",
] as const;
export type Step = (typeof steps)[number];

export interface FixtureSettings {
  readonly uri: string;
  readonly database: string;
  readonly engine: string;
  /** The folder of its workspaces. */
  readonly work: string;
  readonly haltAt: Step;
  readonly times: LeaseTimes;
}
