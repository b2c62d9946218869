/**
 * Makes a fresh mongod a replica set of one, and waits until it takes writes. The member's name is the
 * socket's path; when a folder was moved that name is another, and the set is told so.
 */
import { connect } from "node:net";
import { type Db, MongoClient, MongoServerError } from "mongodb";
import type { Clock } from "../../base/clock.ts";
import { DatabaseError } from "./errors.ts";
import { replicaSetName } from "./mongod-command.ts";

/** Recovery after a crash replays the journal; on a slow disk that takes a while. */
const serveTimeoutMs = 60_000;
const pollMs = 10;

const codes = { alreadyInitialized: 23, notYetInitialized: 94 } as const;

/** The URI for clients. By the set's name, so that they wait for the primary over a restart. */
export function replicaSetUri(socket: string): string {
  return `mongodb://${encodeURIComponent(socket)}/?replicaSet=${replicaSetName}`;
}

/** Resolves when the mongod at `socket` is primary. Throws the signal's reason, or after 60 s. */
export async function untilPrimary(
  socket: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const deadline = clock.monotonicMs() + serveTimeoutMs;
  const pause = async () => {
    if (clock.monotonicMs() >= deadline) throw tooSlow(socket);
    await clock.sleep(pollMs, signal);
    signal.throwIfAborted();
  };
  while (!(await accepts(socket))) await pause();
  const uri = `mongodb://${encodeURIComponent(socket)}/?directConnection=true`;
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: serveTimeoutMs, maxPoolSize: 1 });
  try {
    while (!(await isPrimary(client.db("admin"), socket))) await pause();
  } finally {
    await client.close();
  }
}

function tooSlow(socket: string): DatabaseError {
  const message = `mongod at ${socket} did not serve within ${serveTimeoutMs / 1000} s`;
  return new DatabaseError(
    "mongod-failed",
    `${message}. Its log is mongod.log in the data folder.`,
  );
}

/** True when somebody listens at `socket`: asking so is quicker than the driver's own retries. */
function accepts(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.on("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.on("error", () => resolve(false));
  });
}

/** Looks, and helps where it is needed: the set may be missing, or know itself by another name. */
async function isPrimary(admin: Db, socket: string): Promise<boolean> {
  const hello = await admin.command({ hello: 1 });
  if (hello["isWritablePrimary"] === true) return true;
  const member = { _id: 0, host: socket };
  try {
    const { config } = await admin.command({ replSetGetConfig: 1 });
    if (config.members.length === 1 && config.members[0].host === socket) return false;
    const renamed = { ...config, version: config.version + 1, members: [member] };
    await admin.command({ replSetReconfig: renamed, force: true });
  } catch (error) {
    if (!hasCode(error, codes.notYetInitialized)) throw error;
    await initiate(admin, member);
  }
  return false;
}

/** While mongod still loads its configuration it says that there is none, and then refuses a new one. */
async function initiate(admin: Db, member: { _id: number; host: string }): Promise<void> {
  try {
    await admin.command({ replSetInitiate: { _id: replicaSetName, members: [member] } });
  } catch (error) {
    if (!hasCode(error, codes.alreadyInitialized)) throw error;
  }
}

function hasCode(error: unknown, code: number): boolean {
  return error instanceof MongoServerError && error.code === code;
}
