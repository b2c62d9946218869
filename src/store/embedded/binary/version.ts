/**
 * Whether a file is a mongod that we can use: it must run here (right platform, libraries and
 * processor) and be 6.0 or newer.
 */
import { lastLine, runCommand } from "./run-command.ts";

/** The oldest major version served; the same bound holds for MONGODB_URI. */
export const oldestMajor = 6;
/** The newest major version that was thought of; newer ones are tried with a warning. */
export const newestMajor = 8;

export interface MongodBinary {
  readonly path: string;
  /** As `mongod --version` says it, for example `6.0.5`. */
  readonly version: string;
}

/** Bound for `mongod --version`: a cold disk reads 200 MB in it. */
const versionTimeoutMs = 20_000;

/** Runs `path --version`. Throws when it does not run, is no mongod, or is older than 6.0. */
export async function checkBinary(path: string, signal: AbortSignal): Promise<MongodBinary> {
  const bound = AbortSignal.any([signal, AbortSignal.timeout(versionTimeoutMs)]);
  const { code, output } = await runCommand(path, ["--version"], { signal: bound });
  const version = /^db version v(\d+\.\d+\.\d+\S*)/m.exec(output)?.[1];
  if (code !== 0 || version === undefined) {
    throw new Error(`${path} --version ended with ${code}: ${lastLine(output) || "no output"}`);
  }
  if (majorOf(version) < oldestMajor) {
    throw new Error(`${path} is MongoDB ${version}, too old: ${oldestMajor}.0 or newer is needed`);
  }
  return { path, version };
}

/** The first number of a version. */
export function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}
