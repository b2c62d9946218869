/** The command line of the embedded mongod, how to recognize it, and what its exit codes mean. */
import type { ProcessIdentity } from "./process-identity.ts";

/** The name of the one-node replica set; part of the data, so it never changes. */
export const replicaSetName = "music-generations";

/**
 * The arguments of mongod. A socket's path as the only address to bind to means no TCP port at all.
 *
 * The snapshot history window (300 s by default) keeps the tombstones of a busy queue's head: 16 ms
 * against 5 ms for a pickup. Nothing here reads the past, so 5 s do. The journal is always on.
 */
export function mongodArguments(databaseFolder: string, socket: string): string[] {
  return [
    ...["--dbpath", databaseFolder],
    ...["--bind_ip", socket],
    ...["--filePermissions", "0700"],
    ...["--replSet", replicaSetName],
    ...["--oplogSize", "256"],
    ...["--wiredTigerCacheSizeGB", "0.25"],
    ...["--setParameter", "minSnapshotHistoryWindowInSeconds=5"],
    ...["--setParameter", "diagnosticDataCollectionEnabled=false"],
    ...["--slowms", "1000"],
    "--quiet",
  ];
}

/** True when `process` is a mongod that a service of ours started for `databaseFolder`. */
export function isOurMongod(process: ProcessIdentity, databaseFolder: string): boolean {
  return (
    optionOf(process.command, "--dbpath") === databaseFolder &&
    optionOf(process.command, "--replSet") === replicaSetName
  );
}

function optionOf(command: readonly string[], name: string): string | undefined {
  const at = command.indexOf(name);
  return at === -1 ? undefined : command[at + 1];
}

export interface MongodExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** What to do about an exit code; https://www.mongodb.com/docs/manual/reference/exit-codes/. */
const advice: Readonly<Record<number, string>> = {
  2: "It did not understand its options; MongoDB 6.0 to 8 is supported.",
  48: "It could not make its socket.",
  62:
    "The data was written by another version of MongoDB. Set MONGOD_BINARY to that version, or move " +
    "the data folder away.",
  100: "Its folder can't be opened: another mongod uses it, or the files are damaged or not ours.",
};

/** `exit` in words, with advice where there is some. */
export function describeExit({ code, signal }: MongodExit): string {
  if (signal !== null) return `mongod was ended by ${signal}.`;
  const known = code === null ? undefined : advice[code];
  return `mongod ended with code ${code}.${known === undefined ? "" : ` ${known}`}`;
}
