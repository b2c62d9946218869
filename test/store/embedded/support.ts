/** What the tests of the embedded database share: parts that are stopped, services to be killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { MongoClient } from "mongodb";
import { expect, onTestFinished, vi } from "vitest";
import {
  EmbeddedMongod,
  type EmbeddedMongodOptions,
  isConnectionLoss,
  type ReportLine,
} from "../../../src/store/embedded/index.ts";
import { identify } from "../../../src/store/embedded/process-identity.ts";

/** How long a mongod that was killed may take to serve again. */
const comesBackMs = 6_000;

export interface Started {
  readonly mongod: EmbeddedMongod;
  readonly lines: ReportLine[];
}

/** An embedded mongod in `dataDir` that is stopped when the test ends. */
export async function startIn(
  dataDir: string,
  options: Partial<EmbeddedMongodOptions> = {},
): Promise<Started> {
  const lines: ReportLine[] = [];
  const report = (line: ReportLine) => void lines.push(line);
  const mongod = new EmbeddedMongod({ dataDir, report, ...options });
  onTestFinished(() => mongod.stop());
  await mongod.start();
  return { mongod, lines };
}

/** A client that is closed when the test ends. */
export function clientOf(uri: string): MongoClient {
  const client = new MongoClient(uri);
  onTestFinished(() => client.close());
  return client;
}

/**
 * Writes `document` so that it is acknowledged by the journal; where the connection is lost it is
 * written again for as long as a mongod that was killed may take to come back.
 */
export async function writeDurably(
  client: MongoClient,
  document: { readonly _id: string },
): Promise<void> {
  const options = { upsert: true, writeConcern: { w: "majority", journal: true } } as const;
  const things = client.db("test").collection<{ _id: string }>("things");
  const write = async () => {
    try {
      await things.replaceOne({ _id: document._id }, {}, options);
      return true;
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      return false;
    }
  };
  await expect.poll(write, { timeout: comesBackMs, interval: 50 }).toBe(true);
}

export async function countThings(client: MongoClient): Promise<number> {
  return await client.db("test").collection("things").countDocuments();
}

export interface Service {
  readonly child: ChildProcess;
  readonly uri: string;
  /** Of mongod. */
  readonly pid: number;
  readonly watcherPid: number;
}

const program = fileURLToPath(new URL("./fixture-service.ts", import.meta.url));

/** A service in a process of its own (and a group of its own), killed when the test ends. */
export async function startService(dataDir: string): Promise<Service> {
  const child = spawn(process.execPath, [program, dataDir], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`it ended with ${code}`))),
  ]);
  const service: Service = { child, ...JSON.parse(line[0]) };
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await untilGone(service.pid, 5_000);
  });
  return service;
}

/** Resolves when no process `pid` runs; fails after `ms`. Nothing tells us of a process not our child. */
export async function untilGone(pid: number | undefined, ms: number): Promise<void> {
  expect(pid).toBeTypeOf("number");
  const look = async () => expect(await identify(pid ?? 0)).toBeUndefined();
  await vi.waitFor(look, { timeout: ms, interval: 20 });
}

/** The path of the socket that `uri` names. */
export function socketOf(uri: string): string {
  return decodeURIComponent(/^mongodb:\/\/([^/]+)\//.exec(uri)?.[1] ?? "");
}

export async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
