/** Secrets that are replaced while links that they signed are still about: by unit, and as the service does. */
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock as clock } from "../../src/base/clock.ts";
import { readConfig } from "../../src/base/config.ts";
import { systemRandom } from "../../src/base/random.ts";
import { createMediaSigner, type MediaKey } from "../../src/media/signer.ts";
import { configuredKeys, keptKeys } from "../../src/media/signing-secret.ts";
import { startTestService } from "../support/service.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const [old, fresh] = ["o".repeat(32), "f".repeat(40)];
const name = "tracks/mgen_1/1/master.mp3";
const sign = (keys: readonly MediaKey[]) => createMediaSigner({ keys, clock }).sign(name);
const verify = (keys: readonly MediaKey[], url: string) =>
  createMediaSigner({ keys, clock }).verify(url);

test("a link outlives the change of its secret, until the secret is dropped", () => {
  const link = sign(configuredKeys([old]));
  const during = configuredKeys([fresh, old]);
  expect(verify(during, link)).toMatchObject({ name });
  // The new one signs: who knows it alone accepts the link.
  expect(verify(configuredKeys([fresh]), sign(during))).toMatchObject({ name });
  // So does a process that has both in the other order.
  expect(verify(configuredKeys([old, fresh]), sign(during))).toMatchObject({ name });
  expect(verify(configuredKeys([fresh]), link)).toBe("invalid");
});

test("links from before secrets had ids are accepted", () => {
  const [{ secret } = { secret: new Uint8Array() }] = configuredKeys([old]);
  expect(verify(configuredKeys([old]), sign([{ id: "k1", secret }]))).toMatchObject({ name });
  expect(verify(configuredKeys([fresh, old]), sign([{ id: "k1", secret }]))).toMatchObject({
    name,
  });
});

test("the same secret twice is one, and an id tells nothing of it", () => {
  const ids = configuredKeys([fresh, fresh]).map(({ id }) => id);
  expect(ids).toEqual([expect.stringMatching(/^[0-9a-f]{8}$/), "k1"]);
});

test("a secret is made once, for its owner alone, and replaced by a line before it", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "signing-secret");
  const [first, second] = await Promise.all([
    keptKeys(folder, systemRandom),
    keptKeys(folder, systemRandom),
  ]);
  expect(second).toEqual(first);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await writeFile(path, `${"ab".repeat(32)}\n${await readFile(path, "utf8")}\n`);
  const replaced = await keptKeys(folder, systemRandom);
  expect(verify(replaced, sign(first))).toMatchObject({ name });
  expect(verify(first, sign(replaced))).toBe("invalid");
  await writeFile(path, "not a secret");
  await expect(keptKeys(folder, systemRandom)).rejects.toThrow("64 hexadecimal digits");
});

test("each secret of the setting must be long enough", () => {
  const read = (SIGNING_SECRET: string) => readConfig({ SIGNING_SECRET }).SIGNING_SECRET;
  expect(read(`${fresh}, ${old}`)).toEqual([fresh, old]);
  expect(() => read(`${fresh},short`)).toThrow("SIGNING_SECRET: must have at least 32");
  expect(() => read(`${fresh},`)).toThrow("SIGNING_SECRET: must have at least 32");
});

test("the service accepts what either of its secrets signed, and no other", async () => {
  const service = await startTestService({
    role: "api",
    settings: { SIGNING_SECRET: `${fresh},${old}` },
  });
  // There is no such artifact, which only those are told who have a genuine link.
  const ask = async (secret: string) =>
    (await fetch(service.url + sign(configuredKeys([secret])))).status;
  expect([await ask(fresh), await ask(old), await ask("x".repeat(32))]).toEqual([404, 404, 403]);
});
