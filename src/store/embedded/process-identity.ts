/**
 * Which process a pid is. Pids are reused, so nothing here is ever signalled by its number alone: a
 * process is described by its start time and command line, and looked at again right before the signal.
 *
 * Linux tells by /proc; elsewhere `ps` does.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Clock } from "../../base/clock.ts";

export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal for the same process, different for a later one with the same pid. */
  readonly startedAt: string;
  /** The arguments, the program's name first (outside Linux: split at spaces). */
  readonly command: readonly string[];
}

/** The running process `pid`, or undefined when there is none (a zombie runs no more). */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined;
  try {
    return await (process.platform === "linux" ? identifyByProc(pid) : identifyByPs(pid));
  } catch {
    return undefined;
  }
}

async function identifyByProc(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The name, in parentheses, may hold anything; the fields that count follow the last parenthesis:
  // state is the 3rd field of all, starttime the 22nd.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  const startedAt = fields[19];
  if (state === "Z" || state === "X" || startedAt === undefined) return undefined;
  const command = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0").slice(0, -1);
  return { pid, startedAt, command };
}

async function identifyByPs(pid: number): Promise<ProcessIdentity | undefined> {
  const args = ["-ww", "-o", "stat=", "-o", "lstart=", "-o", "command=", "-p", String(pid)];
  const { stdout } = await promisify(execFile)("ps", args, {
    env: { ...process.env, LC_ALL: "C" },
  });
  // `Ss   Tue Nov 24 20:39:11 2026 /usr/bin/mongod --dbpath …`: lstart is five words.
  const [state = "", ...words] = stdout.trim().split(/\s+/);
  if (state === "" || state.startsWith("Z")) return undefined;
  return { pid, startedAt: words.slice(0, 5).join(" "), command: words.slice(5) };
}

/** True while `identity` still runs. */
export async function isRunning(
  identity: Pick<ProcessIdentity, "pid" | "startedAt">,
): Promise<boolean> {
  const now = await identify(identity.pid);
  return now !== undefined && now.startedAt === identity.startedAt;
}

/** Signals `identity` if it is still that process. False when it is gone. */
export async function signalProcess(
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
): Promise<boolean> {
  if (!(await isRunning(identity))) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

/** How often a process that is not our child is looked at. */
const pollMs = 20;

/** Waits until `identity` is gone, at most `ms` milliseconds. True when it is gone. */
export async function waitUntilGone(
  identity: ProcessIdentity,
  ms: number,
  clock: Clock,
): Promise<boolean> {
  const deadline = clock.monotonicMs() + ms;
  while (await isRunning(identity)) {
    if (clock.monotonicMs() >= deadline) return false;
    await clock.sleep(pollMs);
  }
  return true;
}

/** Ends `identity`: SIGTERM, `graceMs`, SIGKILL, again `graceMs`. True when it is gone. */
export async function endProcess(
  identity: ProcessIdentity,
  graceMs: number,
  clock: Clock,
): Promise<boolean> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    await signalProcess(identity, signal);
    if (await waitUntilGone(identity, graceMs, clock)) return true;
  }
  return false;
}
