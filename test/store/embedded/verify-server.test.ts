/** The check of MONGODB_URI: against a standalone mongod, and for what it prints. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { MongoClient } from "mongodb";
import { expect, onTestFinished, test, vi } from "vitest";
import {
  connectExternal,
  redactUri,
  resolveMongod,
  silent,
  verifyServer,
} from "../../../src/store/embedded/index.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { clientOf, exists, startIn } from "./support.ts";

/** Runs a mongod with `options` on a socket; returns a URI for it. */
async function plainMongod(...options: string[]): Promise<string> {
  const folder = await temporaryFolder();
  const [database, socket] = [join(folder, "db"), join(folder, "mongod.sock")];
  await mkdir(database);
  const { path } = await resolveMongod({ report: silent });
  const args = ["--dbpath", database, "--bind_ip", socket, ...options];
  const mongod = spawn(path, args, { stdio: "ignore" });
  onTestFinished(async () => {
    mongod.kill("SIGKILL");
    await once(mongod, "exit");
  });
  await vi.waitFor(async () => expect(await exists(socket)).toBe(true), { timeout: 10_000 });
  return `mongodb://${encodeURIComponent(socket)}/`;
}

test("a standalone server is refused, with what to do", async () => {
  const failed = connectExternal(await plainMongod());
  await expect(failed).rejects.toMatchObject({ fault: "no-replica-set" });
  await expect(failed).rejects.toThrow(
    /is a standalone server\. A replica set is needed.*--replSet rs0 and run rs\.initiate\(\)/,
  );
});

test("a replica set that was never initiated is told apart", async () => {
  const failed = connectExternal(`${await plainMongod("--replSet", "rs0")}?directConnection=true`);
  await expect(failed).rejects.toThrow(/was never initiated \(rs\.initiate\(\)\)/);
});

test("a replica set passes, and its client is ready", async () => {
  const { mongod } = await startIn(await temporaryFolder());
  const client = await connectExternal(mongod.uri);
  onTestFinished(() => client.close());
  expect(await verifyServer(clientOf(mongod.uri))).toMatchObject({
    replicaSet: "music-generations",
  });
  expect(await client.db("test").collection("things").countDocuments()).toBe(0);
});

test.each([
  ["5.0.31", "rs0", "too-old", /runs MongoDB 5\.0\.31, too old\. Upgrade it to 6\.0 or newer/],
  ["7.0.1", undefined, "no-replica-set", /is the router of a sharded cluster/],
])("version %s, set %s: %s", async (version, setName, fault, message) => {
  const answers: Record<string, object> = {
    hello: setName === undefined ? { msg: "isdbgrid" } : { setName },
    buildInfo: { version },
  };
  const command = async (asked: object) => answers[Object.keys(asked)[0] ?? ""];
  const client = { db: () => ({ command }) } as unknown as MongoClient;
  await expect(verifyServer(client)).rejects.toMatchObject({ fault });
  await expect(verifyServer(client)).rejects.toThrow(message);
});

test("nobody there: the reason, the redacted URI, and no password", async () => {
  const uri = "mongodb://user:hunter2@127.0.0.1:1/?replicaSet=rs0";
  const error = await connectExternal(uri, { serverSelectionTimeoutMS: 50 }).catch((e: Error) => e);
  expect(error).toMatchObject({ fault: "unreachable" });
  expect(String(error)).toMatch(
    /mongodb:\/\/\*\*\*@127\.0\.0\.1:1\/\?replicaSet=rs0 does not answer/,
  );
  expect(String(error)).not.toMatch(/hunter2/);
});

test.each([
  "mongodb://user:hun@ter2@127.0.0.1:1/",
  "mongodb://user:hun/ter2@127.0.0.1:1/",
  "mongodb://user:hunter2%@127.0.0.1:1/",
  "mongodb://user:hunt:er2@127.0.0.1:1/",
  "user:hunter2@127.0.0.1:1",
  "mongodb://user:hunter2@127.0.0.1:1/?nonsense=1",
])("%s can't be read: said without quoting the password", async (uri) => {
  const error = await connectExternal(uri).catch((e: Error) => e);
  expect(error).toMatchObject({ fault: "unreachable" });
  expect(String(error)).toMatch(/MONGODB_URI can't be read: /);
  expect(String(error)).not.toMatch(/hun|er2/);
});

test.each([
  ["mongodb://h1,h2/db?replicaSet=rs0", "mongodb://h1,h2/db?replicaSet=rs0"],
  ["mongodb+srv://u:p@h/db", "mongodb+srv://***@h/db"],
  ["mongodb://u:p@ss@h", "mongodb://***@h"],
  ["mongodb://u:p@h/?tlsCertificateKeyFilePassword=x&tls=true", /^[^x]*=\*\*\*&tls=true$/],
  ["mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:x", /^[^x]*=\*\*\*$/],
  ["u:p@h", "***@h"],
  ["", ""],
])("redacted: %s", (uri, redacted) => {
  expect(redactUri(uri)).toMatch(redacted === "" ? /^$/ : redacted);
});
