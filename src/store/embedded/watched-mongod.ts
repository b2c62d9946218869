/**
 * The service's side of the watcher: a running mongod, its end as a promise, and the way to stop it.
 * Once `exited` has resolved mongod is gone for certain, even if it was the watcher that died.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Clock } from "../../base/clock.ts";
import { DatabaseError } from "./errors.ts";
import { describeExit, type MongodExit } from "./mongod-command.ts";
import { endProcess, identify, type ProcessIdentity } from "./process-identity.ts";

const watcherProgram = fileURLToPath(new URL("./watcher-main.ts", import.meta.url));
/** For a mongod whose watcher died, and again after SIGKILL. */
const orphanGraceMs = 3_000;
/** What the watcher is given beyond its own grace before it is taken for stuck. */
const watcherSlackMs = 2_000;

interface Reports {
  pid?: number;
  exit?: MongodExit;
  error?: string;
}

export class WatchedMongod {
  /** mongod itself. */
  readonly identity: ProcessIdentity;
  /** The watcher's pid. */
  readonly watcherPid: number;
  readonly exited: Promise<MongodExit>;
  readonly #watcher: ChildProcess;
  readonly #clock: Clock;

  private constructor(
    watcher: ChildProcess,
    identity: ProcessIdentity,
    exited: Promise<MongodExit>,
    clock: Clock,
  ) {
    this.#watcher = watcher;
    this.#clock = clock;
    this.identity = identity;
    this.watcherPid = watcher.pid ?? 0;
    this.exited = exited;
  }

  /** Starts `command` (mongod and its arguments) under a watcher, its output appended to `log`. */
  static async spawn(
    command: readonly string[],
    log: string,
    clock: Clock,
  ): Promise<WatchedMongod> {
    const watcher = spawnWatcher(command, log);
    const reports: Reports = {};
    const closed = new Promise<void>((resolve) => watcher.once("close", () => resolve()));
    const started = new Promise<void>((resolve) => {
      followReports(watcher.stdout as Readable, reports, resolve);
    });
    watcher.once("error", (error) => {
      reports.error = error.message;
    });
    await Promise.race([started, closed]);
    const identity = reports.pid === undefined ? undefined : await identify(reports.pid);
    if (identity === undefined) {
      (watcher.stdin as Writable).end();
      await closed;
      throw new DatabaseError("mongod-failed", notStarted(reports));
    }
    const exited = closed.then(async () => reports.exit ?? (await endOrphan(identity, clock)));
    return new WatchedMongod(watcher, identity, exited, clock);
  }

  /** Ends mongod: SIGTERM, and SIGKILL after `graceMs`. Resolves when it is gone. */
  async stop(graceMs: number): Promise<MongodExit> {
    (this.#watcher.stdin as Writable).end(`stop ${graceMs}\n`);
    const late = new AbortController();
    const stuck = this.#clock.sleep(graceMs + watcherSlackMs, late.signal).then(() => {
      if (!late.signal.aborted) this.#watcher.kill("SIGKILL"); // mongod is ended as an orphan then
    });
    const exit = await this.exited;
    late.abort();
    await stuck;
    return exit;
  }
}

function spawnWatcher(command: readonly string[], log: string): ChildProcess {
  const output = openSync(log, "a", 0o600);
  try {
    const flags = ["--max-old-space-size=32", "--no-warnings"];
    const watcher = spawn(process.execPath, [...flags, watcherProgram, ...command], {
      stdio: ["pipe", "pipe", output],
      detached: true,
      cwd: "/",
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    watcher.stdin?.on("error", () => undefined); // it ended first; `exited` says so
    return watcher;
  } finally {
    closeSync(output);
  }
}

function followReports(output: Readable, reports: Reports, started: () => void): void {
  createInterface({ input: output }).on("line", (line) => {
    const report = JSON.parse(line) as { pid?: number; error?: string } & Partial<MongodExit>;
    if (report.error !== undefined) reports.error = report.error;
    if (report.code !== undefined)
      reports.exit = { code: report.code, signal: report.signal ?? null };
    if (report.pid === undefined) return;
    reports.pid = report.pid;
    started();
  });
}

function notStarted(reports: Reports): string {
  const reason = reports.error ?? (reports.exit ? describeExit(reports.exit) : "no report came");
  return `mongod could not be started: ${reason}`;
}

/** The watcher died and left mongod behind. */
async function endOrphan(identity: ProcessIdentity, clock: Clock): Promise<MongodExit> {
  await endProcess(identity, orphanGraceMs, clock);
  return { code: null, signal: "the loss of its watcher" };
}
