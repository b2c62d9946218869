/** What a command that ended in an error, or with a job, exits with. */
import { Code, ConnectError } from "@connectrpc/connect";
import { CommanderError } from "commander";
import { GenerationStatus } from "../../gen/music/v1/generation_pb.ts";
import { ConfigError } from "../base/config.ts";
import { type ExitKind, exitCode } from "../base/exit-codes.ts";

/** An error of a command, with words for people and what to exit with. */
export class CommandError extends Error {
  readonly exit: ExitKind;

  constructor(exit: ExitKind, message: string) {
    super(message);
    this.name = "CommandError";
    this.exit = exit;
  }
}

const ofCall: Partial<Record<Code, ExitKind>> = {
  [Code.InvalidArgument]: "usage",
  [Code.Unavailable]: "unavailable",
  // As which a connection shows that was lost in the middle.
  [Code.Canceled]: "unavailable",
  [Code.Aborted]: "unavailable",
  [Code.ResourceExhausted]: "unavailable",
  [Code.DeadlineExceeded]: "unavailable",
  [Code.Unauthenticated]: "denied",
  [Code.PermissionDenied]: "denied",
};

/** What a command that ended with `error` exits with. */
export function exitOf(error: unknown): ExitKind {
  if (error instanceof CommandError) return error.exit;
  if (error instanceof ConfigError) return "usage";
  if (error instanceof CommanderError) return error.exitCode === 0 ? "ok" : "usage";
  return (error instanceof ConnectError && ofCall[error.code]) || "failed";
}

const ofStatus: Partial<Record<GenerationStatus, ExitKind>> = {
  [GenerationStatus.SUCCEEDED]: "ok",
  [GenerationStatus.CANCELLED]: "jobCancelled",
  [GenerationStatus.REFUSED]: "jobRefused",
};

/** What a command that waited for a job exits with. */
export function exitOfJob(status: GenerationStatus): ExitKind {
  return ofStatus[status] ?? "jobFailed";
}

/** Lets the process end with this code once nothing keeps it. */
export function setExit(kind: ExitKind): void {
  process.exitCode = exitCode(kind);
}
