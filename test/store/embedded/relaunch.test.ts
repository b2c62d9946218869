/** A mongod that does not come back. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Clock, systemClock } from "../../../src/base/clock.ts";
import { type DatabaseError, resolveMongod, silent } from "../../../src/store/embedded/index.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { startIn } from "./support.ts";

/** The pauses between launches pass at once. */
const hasty: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms <= 5_000 ? 1 : ms, signal),
};

/** A mongod that fails from the moment when the file `broken` exists. */
async function breakable(folder: string) {
  const binary = await resolveMongod({ report: silent });
  const path = join(folder, "breakable-mongod");
  const text = `#!/bin/sh\nif [ -e '${folder}/broken' ]; then exit 2; fi\nexec '${binary.path}' "$@"\n`;
  await writeFile(path, text, { mode: 0o755 });
  return { ...binary, path };
}

test("after the last try `onFatal` is told once, and stop is still clean", async () => {
  const folder = await temporaryFolder();
  const dataDir = join(folder, "data");
  const binary = await breakable(folder);
  const errors: DatabaseError[] = [];
  const { promise: fatal, resolve } = Promise.withResolvers<void>();
  const onFatal = (error: DatabaseError) => {
    errors.push(error);
    resolve();
  };
  const options = { clock: hasty, onFatal, resolve: async () => binary };
  const { mongod } = await startIn(dataDir, options);
  await writeFile(join(folder, "broken"), "");
  process.kill(mongod.pid ?? 0, "SIGKILL");
  await fatal;
  expect(errors[0]).toMatchObject({ fault: "mongod-failed" });
  expect(errors[0]?.message).toMatch(/does not come back: mongod .*code 2\. It did not understand/);
  await mongod.stop();
  expect(errors).toHaveLength(1);
  await startIn(dataDir); // the folder is free
});

test("a mongod that ends again and again is given up", async () => {
  const { promise: fatal, resolve } = Promise.withResolvers<DatabaseError>();
  const dataDir = await temporaryFolder();
  const { mongod } = await startIn(dataDir, {
    clock: hasty,
    onFatal: resolve,
    report: ({ message }) => {
      if (message.startsWith("mongod serves again")) process.kill(mongod.pid ?? 0, "SIGKILL");
    },
  });
  process.kill(mongod.pid ?? 0, "SIGKILL");
  expect((await fatal).message).toMatch(/does not come back: mongod was ended by SIGKILL/);
});
