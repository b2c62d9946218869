/**
 * Replica sets on loopback TCP ports, for tests that need what the embedded database has not: a port that
 * a proxy can stand before, more than one node, fail points. The binary is the resolver's, and each mongod
 * has a watcher, so that none outlives a test run that is killed.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { expect, vi } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { resolveMongod, silent } from "../../src/store/embedded/index.ts";
import { WatchedMongod } from "../../src/store/embedded/watched-mongod.ts";

const replicaSet = "faults";
const settings = [
  ...["--bind_ip", "127.0.0.1"],
  ...["--replSet", replicaSet],
  ...["--oplogSize", "64"],
  ...["--wiredTigerCacheSizeGB", "0.25"],
  ...["--setParameter", "diagnosticDataCollectionEnabled=false"],
  ...["--setParameter", "enableTestCommands=1"],
  "--nounixsocket",
  "--quiet",
];

/** One node: a mongod that can be killed, stopped and started again on the same port and folder. */
export class Node {
  readonly host: string;
  readonly #port: number;
  readonly #folder: string;
  readonly #more: readonly string[];
  #mongod: WatchedMongod | null = null;

  /** @param more settings of the command line */
  constructor(port: number, folder: string, more: readonly string[] = []) {
    this.#port = port;
    this.#more = more;
    this.host = `127.0.0.1:${port}`;
    this.#folder = folder;
  }

  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const { path } = await resolveMongod({ report: silent });
    const own = ["--port", String(this.#port), "--dbpath", this.#folder];
    const log = join(this.#folder, "..", `mongod-${this.#port}.log`);
    this.#mongod = await WatchedMongod.spawn(
      [path, ...own, ...settings, ...this.#more],
      log,
      systemClock,
    );
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    if (this.#mongod !== null) process.kill(this.#mongod.identity.pid, signal);
  }

  /** By SIGKILL; resolves once it is gone. */
  async kill(): Promise<void> {
    if (this.#mongod === null) return;
    process.kill(this.#mongod.identity.pid, "SIGKILL");
    await this.#mongod.exited;
    this.#mongod = null;
  }

  async isPrimary(): Promise<boolean> {
    const client = await this.client();
    try {
      return (await client.db("admin").command({ hello: 1 }))["isWritablePrimary"] === true;
    } finally {
      await client.close();
    }
  }

  /** A client of this node alone, which the caller closes. */
  client(): Promise<MongoClient> {
    const uri = `mongodb://${this.host}/?directConnection=true`;
    return new MongoClient(uri, { serverSelectionTimeoutMS: 60_000 }).connect();
  }
}

export interface ReplicaSet {
  readonly nodes: readonly Node[];
  /** Names all nodes and the set. */
  readonly uri: string;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * A replica set of `count` nodes with a primary, whose elections are quick.
 * @param atEnd has it ended: `onTestFinished` or `afterAll`
 * @param more settings of the command line of each node
 */
export async function startReplicaSet(
  count: number,
  atEnd: (end: () => Promise<void>) => void,
  more: readonly string[] = [],
): Promise<ReplicaSet> {
  const folder = await mkdtemp(join(tmpdir(), "music-faults-"));
  const nodes: Node[] = [];
  for (let n = 0; n < count; n++) {
    nodes.push(new Node(await freePort(), join(folder, String(n)), more));
  }
  atEnd(async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    await rm(folder, { recursive: true, force: true });
  });
  await Promise.all(nodes.map((node) => node.start()));
  await initiate(nodes);
  const hosts = nodes.map(({ host }) => host).join(",");
  // The driver looks for a new primary as often as it may, so that the tests wait less.
  return { nodes, uri: `mongodb://${hosts}/?replicaSet=${replicaSet}&heartbeatFrequencyMS=500` };
}

async function initiate(nodes: readonly Node[]): Promise<void> {
  // All must be there: the first asks the others.
  for (const node of nodes) await (await node.client()).close();
  const client = await nodes[0]?.client();
  const admin = client?.db("admin");
  await admin?.command({
    replSetInitiate: {
      _id: replicaSet,
      members: nodes.map(({ host }, _id) => ({ _id, host })),
      settings: { electionTimeoutMillis: 1_000, heartbeatIntervalMillis: 200 },
    },
  });
  const look = async () => {
    const hello = await admin?.command({ hello: 1 });
    expect(hello?.["primary"]).toBeTypeOf("string");
  };
  await vi.waitFor(look, { timeout: 60_000, interval: 50 });
  await client?.close();
}
