/**
 * MongoDB's own download, by the downloader of `mongodb-memory-server-core`, in a child process: that
 * gives it bounds of our own, keeps what it prints off our output, and lets us set its environment,
 * because unless told otherwise it downloads without verifying the server's certificate.
 *
 * Where the host can't be reached this costs seconds at every start, so a failure is remembered.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "../../../base/clock.ts";
import { messageOf } from "../errors.ts";
import { cachedNames } from "./cached-step.ts";
import { lastLine, runCommand } from "./run-command.ts";
import type { ResolverStep, StepContext } from "./step.ts";

const version = "8.2.6";
const failureName = "mongodb-download-failed";
/** How long a failure is believed. */
const failureAgeMs = 60 * 60_000;
/** The first byte must come within this, and then some within `stallMs`. */
const firstByteMs = 5_000;
const stallMs = 30_000;
const downloader = fileURLToPath(new URL("./downloader-main.ts", import.meta.url));

export const downloadStep: ResolverStep = {
  name: `MongoDB's download of ${version}`,
  find: async (context) => {
    const { cache, clock, report } = context;
    const known = await cache.failure(failureName, failureAgeMs, clock.now());
    if (known !== undefined) return { none: `${known} (within the last hour, not tried again)` };
    report({ level: "info", message: `downloading MongoDB ${version} from its own host` });
    try {
      return { candidates: [await download(context)] };
    } catch (error) {
      context.signal.throwIfAborted();
      await cache.rememberFailure(failureName, messageOf(error), clock.now());
      report({ level: "info", message: `MongoDB's own download failed: ${messageOf(error)}` });
      throw error;
    }
  },
};

async function download(context: StepContext): Promise<string> {
  return await context.cache.withTemporaryFolder(async (folder) => {
    await runDownloader(context, folder);
    return await context.cache.keepExecutable(cachedNames.download, join(folder, "mongod"));
  });
}

/** Runs the downloader into `folder`, for as long as it makes progress. */
async function runDownloader(context: StepContext, folder: string): Promise<void> {
  const watchdog = new Watchdog(context.clock);
  watchdog.feed(firstByteMs, `no answer within ${firstByteMs / 1000} s`);
  try {
    const signal = AbortSignal.any([context.signal, watchdog.signal]);
    const env = downloaderEnvironment(context.env);
    const onOutput = () => watchdog.feed(stallMs, `no progress for ${stallMs / 1000} s`);
    const args = [downloader, version, folder];
    const { code, output } = await runCommand(process.execPath, args, { signal, env, onOutput });
    if (code !== 0) throw new Error(lastLine(output) || `the downloader ended with ${code}`);
  } finally {
    watchdog.end();
  }
}

/** Certificates verified, checksum compared, one try (it is us who try again, later). */
function downloaderEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...env,
    NODE_OPTIONS: "",
    npm_config_strict_ssl: "true",
    MONGOMS_MD5_CHECK: "true",
    MONGOMS_MAX_RETRIES: "1",
    MONGOMS_USE_HTTP: "false",
  };
}

/** Aborts its signal unless it is fed in time. */
class Watchdog {
  readonly #clock: Clock;
  readonly #bark = new AbortController();
  #fed = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get signal(): AbortSignal {
    return this.#bark.signal;
  }

  /** From now on `ms` milliseconds are left; then the signal aborts with `message`. */
  feed(ms: number, message: string): void {
    this.end();
    const fed = new AbortController();
    this.#fed = fed;
    void this.#clock.sleep(ms, fed.signal).then(() => {
      if (!fed.signal.aborted) this.#bark.abort(new Error(message));
    });
  }

  end(): void {
    this.#fed.abort();
  }
}
