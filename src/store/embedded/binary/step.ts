/** What a step of the resolver is; resolve.ts has the chain. */
import type { Clock } from "../../../base/clock.ts";
import type { Report } from "../report.ts";
import type { CacheFolder } from "./cache-folder.ts";

export interface StepContext {
  readonly env: NodeJS.ProcessEnv;
  readonly cache: CacheFolder;
  readonly clock: Clock;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** A step either offers files to try, best first, or says why it has none; it may also throw. */
export type StepResult = { readonly candidates: readonly string[] } | { readonly none: string };

export interface ResolverStep {
  /** As it stands in reports and errors. */
  readonly name: string;
  /** True when this step is somebody's explicit wish: if it fails, nothing else is tried. */
  readonly explicit?: boolean;
  find(context: StepContext): Promise<StepResult>;
}

/** What an explicit step says when nobody asked for it. */
export const notSet = "not set";
