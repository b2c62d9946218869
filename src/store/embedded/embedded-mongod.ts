/**
 * The embedded database: a real mongod as a replica set of one, on a Unix socket that only this user
 * can reach, under the data folder, for as long as the service lives.
 *
 *   start   lock the folder → find mongod → end an earlier one → launch → serve
 *   serve   when mongod ends by itself it is launched again, at the same socket, so that clients find
 *           it by themselves; after too many times `onFatal` is told
 *   stop    SIGTERM, a bounded wait, SIGKILL; no process, socket or lock is left
 *
 * The watcher (watcher-main.ts) sees to it that mongod does not outlive the service.
 */
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, systemClock } from "../../base/clock.ts";
import type { Lifecycle } from "../../base/lifecycle.ts";
import { resolveMongod } from "./binary/resolve.ts";
import type { MongodBinary } from "./binary/version.ts";
import { DataFolder, type NotedProcess } from "./data-folder.ts";
import { DatabaseError, messageOf } from "./errors.ts";
import { FolderLock } from "./folder-lock.ts";
import { endLeftover } from "./leftover.ts";
import { describeExit, mongodArguments } from "./mongod-command.ts";
import { keepBounded, lastErrors, turnOver } from "./mongod-log.ts";
import { identify } from "./process-identity.ts";
import { replicaSetUri, untilPrimary } from "./replica-set.ts";
import type { Report } from "./report.ts";
import { makeSocketFolder, socketName } from "./socket-folder.ts";
import { WatchedMongod } from "./watched-mongod.ts";

export interface EmbeddedMongodOptions {
  readonly dataDir: string;
  readonly report: Report;
  /** Called once when mongod ended and does not come back; the service should stop then. */
  readonly onFatal?: (error: DatabaseError) => void;
  readonly clock?: Clock;
  readonly env?: NodeJS.ProcessEnv;
  /** Finds the binary; the resolver's chain unless a test says otherwise. */
  readonly resolve?: (signal: AbortSignal) => Promise<MongodBinary>;
}

/** mongod's time for a clean end before SIGKILL. */
const stopGraceMs = 15_000;
/** Pauses before the launches after an unexpected end. */
const relaunchPausesMs = [0, 200, 1_000, 3_000, 5_000];
/** More unexpected ends than this within `flappingMs` are fatal. */
const mostEnds = 5;
const flappingMs = 300_000;

/** What is held from start to stop. */
interface Held {
  readonly folder: DataFolder;
  readonly lock: FolderLock;
  readonly socketFolder: string;
  readonly binary: MongodBinary;
}

export class EmbeddedMongod implements Lifecycle {
  readonly #options: EmbeddedMongodOptions;
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  #starting: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #held: Held | undefined;
  #mongod: WatchedMongod | undefined;
  #background: Promise<unknown> = Promise.resolve();

  constructor(options: EmbeddedMongodOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** For `new MongoClient(uri)`; the same over restarts of mongod. Throws before `start` is done. */
  get uri(): string {
    if (this.#held === undefined) throw new Error("the embedded mongod does not run");
    return replicaSetUri(this.#socket(this.#held));
  }

  /** The pid of mongod, while one runs; it changes when mongod is launched again. */
  get pid(): number | undefined {
    return this.#mongod?.identity.pid;
  }

  /** The pid of mongod's watcher, while one runs. */
  get watcherPid(): number | undefined {
    return this.#mongod?.watcherPid;
  }

  /** Resolves when mongod takes writes. Throws `DatabaseError`, and has then left nothing behind. */
  async start(): Promise<void> {
    this.#starting ??= this.#start();
    await this.#starting;
  }

  async stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    await this.#stopped;
  }

  async #start(): Promise<void> {
    const folder = await DataFolder.open(this.#options.dataDir);
    const lock = await acquire(folder);
    try {
      this.#held = await this.#prepare(folder, lock);
      await this.#launch(this.#held);
    } catch (error) {
      await this.#cleanUp(folder, lock);
      throw error;
    }
    const signal = this.#stopping.signal;
    this.#background = Promise.all([
      this.#supervise(this.#held),
      keepBounded(folder.log, this.#clock, signal),
    ]);
  }

  async #prepare(folder: DataFolder, lock: FolderLock): Promise<Held> {
    const { report, env = process.env } = this.#options;
    await endLeftover(folder, this.#clock, report);
    await folder.writeNote({ service: await self() });
    const binary = await this.#resolve();
    const socketFolder = await makeSocketFolder(folder.socketFolder, folder.path, env);
    return { folder, lock, binary, socketFolder };
  }

  async #resolve(): Promise<MongodBinary> {
    const { report, env = process.env, resolve } = this.#options;
    const { signal } = this.#stopping;
    if (resolve !== undefined) return await resolve(signal);
    return await resolveMongod({ report, env, clock: this.#clock, signal });
  }

  /** Starts mongod and waits until it serves; on an error none runs. */
  async #launch(held: Held): Promise<void> {
    const { folder, binary } = held;
    this.#stopping.signal.throwIfAborted();
    await turnOver(folder.log);
    const logged = await stat(folder.log).then(
      ({ size }) => size,
      () => 0,
    );
    const command = [binary.path, ...mongodArguments(folder.database, this.#socket(held))];
    const mongod = await WatchedMongod.spawn(command, folder.log, this.#clock);
    try {
      const note = { service: await self(), mongod: noted(mongod.identity) };
      await folder.writeNote(note);
      await this.#untilServing(mongod, this.#socket(held));
      await folder.writeNote({ ...note, uri: this.uri });
      this.#stopping.signal.throwIfAborted(); // from here on `stop` sees it
      this.#mongod = mongod;
    } catch (error) {
      await mongod.stop(stopGraceMs);
      const details = [messageOf(error), ...(await lastErrors(folder.log, logged))];
      const message = `${details.join("\n  ")}\n  The log is ${folder.log}.`;
      throw new DatabaseError("mongod-failed", message, { cause: error });
    }
  }

  async #untilServing(mongod: WatchedMongod, socket: string): Promise<void> {
    const given = new AbortController();
    const signal = AbortSignal.any([given.signal, this.#stopping.signal]);
    const exit = mongod.exited.then((how) => given.abort(new Error(describeExit(how))));
    await Promise.race([
      untilPrimary(socket, this.#clock, signal),
      exit.then(() => signal.throwIfAborted()),
    ]);
  }

  /** Launches mongod again whenever it ends by itself. */
  async #supervise(held: Held): Promise<void> {
    const { report, onFatal } = this.#options;
    const ends: number[] = [];
    while (this.#mongod !== undefined) {
      const exit = describeExit(await this.#mongod.exited);
      this.#mongod = undefined;
      if (this.#stopping.signal.aborted) return;
      const now = this.#clock.monotonicMs();
      ends.push(now);
      try {
        if (ends.filter((at) => now - at < flappingMs).length > mostEnds) throw new Error(exit);
        report({ level: "warn", message: `${exit} Starting it again` });
        await this.#relaunch(held);
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        const message = `The embedded database ended and does not come back: ${messageOf(error)}`;
        report({ level: "warn", message });
        onFatal?.(new DatabaseError("mongod-failed", message, { cause: error }));
      }
    }
  }

  async #relaunch(held: Held): Promise<void> {
    const started = this.#clock.monotonicMs();
    let last: unknown;
    for (const pauseMs of relaunchPausesMs) {
      await this.#clock.sleep(pauseMs, this.#stopping.signal);
      try {
        await this.#launch(held);
        const took = ((this.#clock.monotonicMs() - started) / 1000).toFixed(1);
        this.#options.report({ level: "info", message: `mongod serves again after ${took} s` });
        return;
      } catch (error) {
        last = error;
        this.#stopping.signal.throwIfAborted();
      }
    }
    throw last;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort(new DatabaseError("mongod-failed", "stopped before it served"));
    await this.#starting?.catch(() => undefined);
    const held = this.#held;
    if (held === undefined) return;
    await this.#mongod?.stop(stopGraceMs);
    await this.#background;
    await this.#cleanUp(held.folder, held.lock);
  }

  /** After mongod is gone: the note and the socket first, the lock last. */
  async #cleanUp(folder: DataFolder, lock: FolderLock): Promise<void> {
    if (this.#held !== undefined) {
      await rm(this.#held.socketFolder, { recursive: true, force: true });
    }
    await folder.removeNote();
    lock.release();
    this.#held = undefined;
  }

  #socket({ socketFolder }: Held): string {
    return join(socketFolder, socketName);
  }
}

async function acquire(folder: DataFolder): Promise<FolderLock> {
  const lock = FolderLock.tryAcquire(folder.lock);
  if (lock !== undefined) return lock;
  const holder = (await folder.readNote())?.service.pid;
  const who = holder === undefined ? "another process" : `process ${holder}`;
  const message = `The data folder ${folder.path} is in use by ${who}.`;
  const advice = "Stop that one first, or give this one a DATA_DIR of its own.";
  throw new DatabaseError("folder-in-use", `${message} ${advice}`);
}

async function self(): Promise<NotedProcess> {
  return noted((await identify(process.pid)) ?? { pid: process.pid, startedAt: "" });
}

function noted({ pid, startedAt }: NotedProcess): NotedProcess {
  return { pid, startedAt };
}
