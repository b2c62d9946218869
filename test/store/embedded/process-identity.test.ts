/** A process is signalled only while it is the one that was meant. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import {
  endProcess,
  identify,
  isRunning,
  type ProcessIdentity,
  signalProcess,
} from "../../../src/store/embedded/process-identity.ts";

async function run(...command: [string, ...string[]]): Promise<[ChildProcess, ProcessIdentity]> {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  const identity = await identify(child.pid ?? 0);
  if (identity === undefined) throw new Error("it does not run");
  return [child, identity];
}

test("a process is known by its command line and start time", async () => {
  const [, identity] = await run("sleep", "600");
  expect(identity.command).toEqual(["sleep", "600"]);
  expect(await isRunning(identity)).toBe(true);
  expect(await isRunning({ ...identity, startedAt: "another time" })).toBe(false);
});

test("no signal for a later process with the pid", async () => {
  const [child, identity] = await run("sleep", "600");
  const earlier = { ...identity, startedAt: "another time" };
  expect(await signalProcess(earlier, "SIGKILL")).toBe(false);
  expect(await endProcess(earlier, 1_000, systemClock)).toBe(true); // that one is gone
  expect(await isRunning(identity)).toBe(true);
  expect(await signalProcess(identity, "SIGKILL")).toBe(true);
  expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
  expect(await signalProcess(identity, "SIGKILL")).toBe(false);
});

test("what does not listen to SIGTERM is killed", async () => {
  const deaf = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')";
  const [child, identity] = await run(process.execPath, "-e", deaf);
  await once(child.stdout ?? child, "data");
  const exit = once(child, "exit");
  expect(await endProcess(identity, 200, systemClock)).toBe(true);
  expect(await exit).toEqual([null, "SIGKILL"]);
});

test.each([0, 1, -1, Number.NaN, 2 ** 31])("pid %s is nobody's", async (pid) => {
  expect(await identify(pid)).toBeUndefined();
});
