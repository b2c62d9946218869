/**
 * A database of the operator's own (MONGODB_URI): connected to, and checked before anything relies on
 * it. Change streams, transactions and retryable writes need a replica set; the updates need 6.0.
 *
 * A URI carries a password, so it is printed by `redactUri` only, and errors of the driver are not
 * passed on as they are.
 */
import { MongoClient, type MongoClientOptions, MongoServerError } from "mongodb";
import { majorOf, oldestMajor } from "./binary/version.ts";
import { DatabaseError, messageOf } from "./errors.ts";

export interface ServerFacts {
  readonly version: string;
  readonly replicaSet: string;
}

const defaultTimeoutMs = 10_000;
const authenticationFailed = 18;

/**
 * Connects to `uri` and verifies the server; the client is the caller's to close. Throws
 * `DatabaseError` (and leaves no client open): `unreachable`, `no-replica-set` or `too-old`.
 */
export async function connectExternal(
  uri: string,
  options: MongoClientOptions = {},
): Promise<MongoClient> {
  const client = makeClient(uri, options);
  try {
    await verifyServer(client, redactUri(uri));
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}

/**
 * One `@` at most, after the credentials. With an `@` or `/` in a password the driver takes a part of it
 * for a host, and quotes that in its errors; so this is asked before the driver sees the URI.
 */
const wellFormed = /^mongodb(\+srv)?:\/\/([^@/?#]+@)?[^@/?#]+([/?][^@]*)?$/;

function makeClient(uri: string, options: MongoClientOptions): MongoClient {
  if (!wellFormed.test(uri)) {
    const encoding =
      "special characters in the user's name and the password are percent-encoded (%40)";
    throw unreadable(`it should begin with mongodb:// or mongodb+srv://, and ${encoding}`);
  }
  try {
    return new MongoClient(uri, { serverSelectionTimeoutMS: defaultTimeoutMs, ...options });
  } catch (error) {
    throw unreadable(messageOf(error));
  }
}

function unreadable(reason: string): DatabaseError {
  const example = "An example: mongodb://user:password@host:27017/?replicaSet=rs0";
  return new DatabaseError("unreachable", `MONGODB_URI can't be read: ${reason}. ${example}`);
}

/** Checks what `client` is connected to; `name` is how to call it in errors (no credentials in it). */
export async function verifyServer(
  client: MongoClient,
  name = "the database server",
): Promise<ServerFacts> {
  const { hello, version } = await ask(client, name);
  const replicaSet: unknown = hello["setName"];
  if (typeof replicaSet !== "string") throw noReplicaSet(name, hello);
  if (majorOf(version) < oldestMajor) {
    const advice = `Upgrade it to ${oldestMajor}.0 or newer.`;
    throw new DatabaseError("too-old", `${name} runs MongoDB ${version}, too old. ${advice}`);
  }
  return { version, replicaSet };
}

interface Answers {
  readonly hello: Readonly<Record<string, unknown>>;
  readonly version: string;
}

async function ask(client: MongoClient, name: string): Promise<Answers> {
  try {
    const admin = client.db("admin");
    const hello = await admin.command({ hello: 1 });
    const { version } = await admin.command({ buildInfo: 1 });
    return { hello, version: String(version) };
  } catch (error) {
    throw unanswered(error, name);
  }
}

function noReplicaSet(name: string, hello: Answers["hello"]): DatabaseError {
  const passes = hello["isreplicaset"] === true;
  const found =
    hello["msg"] === "isdbgrid"
      ? "the router of a sharded cluster"
      : passes
        ? "a member of a replica set that was never initiated (rs.initiate())"
        : "a standalone server";
  const need = "A replica set is needed, for change streams and transactions; one node is enough:";
  const advice = "start mongod with --replSet rs0 and run rs.initiate() once.";
  const message = `${name} is ${found}. ${need} ${advice}`;
  return new DatabaseError("no-replica-set", message, { passes });
}

function unanswered(error: unknown, name: string): DatabaseError {
  if (error instanceof MongoServerError && error.code === authenticationFailed) {
    return new DatabaseError(
      "unreachable",
      `${name} refused the user or the password. Check the credentials and authSource in MONGODB_URI.`,
    );
  }
  const advice =
    "Check that it runs, that the address is right and that it can be reached from here.";
  return new DatabaseError(
    "unreachable",
    `${name} does not answer: ${messageOf(error)}. ${advice} A replica set must have a primary.`,
    { passes: true },
  );
}

/**
 * `uri` for logs and errors: no user, no password, no secret option. It works on what is no valid URI,
 * too, and hides too much rather than too little.
 */
export function redactUri(uri: string): string {
  const start = uri.indexOf("://") + 3;
  const at = uri.lastIndexOf("@");
  const scheme = start < 3 ? "" : uri.slice(0, start);
  const rest = at < start ? uri.slice(start < 3 ? 0 : start) : `***@${uri.slice(at + 1)}`;
  return scheme + rest.replace(secretOptions, "$1***");
}

const secretOptions = /([?&][^=&]*(?:password|token|properties|username)[^=&]*=)[^&]*/gi;
