/** Errors that a server gives while it steps down, shuts down or cannot replicate, for every method. */
import { afterAll, describe, expect, it } from "vitest";
import { newTestJob } from "../support/store.ts";
import { Audit } from "./audit.ts";
import { failCommands } from "./fail-point.ts";
import { startReplicaSet } from "./mongod.ts";
import { callsAbout, callsBeside, openStoreAt } from "./store.ts";

const set = await startReplicaSet(1, afterAll);

const reads = ["find", "aggregate"];
const writes = ["findAndModify", "update", "delete"];

/** A change of the replica set, or a loss of connections, as the server words it. */
const goingAway: Readonly<Record<string, object>> = {
  NotWritablePrimary: { errorCode: 10107 },
  NotPrimaryNoSecondaryOk: { errorCode: 13435 },
  NotPrimaryOrSecondary: { errorCode: 13436 },
  PrimarySteppedDown: { errorCode: 189 },
  InterruptedDueToReplStateChange: { errorCode: 11602 },
  InterruptedAtShutdown: { errorCode: 11600 },
  ShutdownInProgress: { errorCode: 91 },
  HostUnreachable: { errorCode: 6 },
  HostNotFound: { errorCode: 7 },
  NetworkTimeout: { errorCode: 89 },
  SocketException: { errorCode: 9001 },
  ExceededTimeLimit: { errorCode: 262 },
  "a closed connection": { closeConnection: true },
};

/** The write took place on the primary, but not, as far as it knows, on a majority. */
const notReplicated: Readonly<Record<string, object>> = {
  WriteConcernFailed: { code: 64, errmsg: "waiting for replication timed out" },
  PrimarySteppedDown: { code: 189, errmsg: "stepped down" },
  ShutdownInProgress: { code: 91, errmsg: "shutting down" },
};

async function setUp(name: string) {
  const store = await openStoreAt(set.uri, { name });
  const job = await store.jobs.create(newTestJob());
  const calls: Record<string, () => Promise<unknown>> = {};
  for (const [method, call] of Object.entries(callsAbout(job))) {
    calls[method] = () => call(store.jobs);
  }
  for (const [method, call] of Object.entries(callsBeside)) calls[method] = () => call(store);
  /** How each call ends: `answered`, or the code of its error. */
  const callAll = async (): Promise<Record<string, unknown>> => {
    const ends = Object.entries(calls).map(async ([method, call]) => {
      const failed = (error: { code?: unknown }) => error.code ?? String(error);
      return [method, await call().then(() => "answered", failed)];
    });
    return Object.fromEntries(await Promise.all(ends));
  };
  return { store, callAll };
}

function allOf(methods: object, end: string) {
  return Object.fromEntries(Object.keys(methods).map((method) => [method, end]));
}

describe("for as long as it lasts every method says that the service is unavailable", () => {
  it.each(Object.entries(goingAway))("%s", async (name, failure) => {
    const { store, callAll } = await setUp(`code_${name.replaceAll(" ", "_")}`);
    const heal = await failCommands(set, { ...failure, failCommands: [...reads, ...writes] });
    const ends = await callAll();
    await heal();
    expect(ends).toEqual(allOf(ends, "SERVICE_UNAVAILABLE"));
    await new Audit(store.database).look();
    expect(Object.values(await callAll())).toContain("answered");
  });
});

describe("a write that may not be on a majority is not acknowledged", () => {
  it.each(Object.entries(notReplicated))("%s", async (name, writeConcernError) => {
    const { store, callAll } = await setUp(`majority_${name}`);
    const heal = await failCommands(set, { writeConcernError, failCommands: writes });
    const ends = await callAll();
    await heal();
    const { create, requestCancel, deleteEnded, claim, heartbeat, exit } = ends;
    const told = { create, requestCancel, deleteEnded, claim, heartbeat, exit };
    expect(told).toEqual(allOf(told, "SERVICE_UNAVAILABLE"));
    await new Audit(store.database).look();
  });
});
