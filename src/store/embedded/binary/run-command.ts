/**
 * Runs a command to its end with a bound: the one way the resolver asks other programs (mongod
 * --version, pip, python, the downloader) to do something.
 */
import { spawn } from "node:child_process";

export interface CommandOptions {
  /** Ends the command (SIGKILL) when it aborts; its reason becomes the error. */
  readonly signal: AbortSignal;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with each piece of standard output. */
  readonly onOutput?: (text: string) => void;
}

export interface CommandResult {
  readonly code: number | null;
  /** Standard output and error, together, the last 64 KiB. */
  readonly output: string;
}

const keptCharacters = 64 * 1024;

/** Runs `command` without a shell. Rejects when it can't be started, or with the signal's reason. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    if (options.signal.aborted) return reject(options.signal.reason);
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
    });
    const end = () => child.kill("SIGKILL");
    options.signal.addEventListener("abort", end, { once: true });
    let output = "";
    const keep = (text: string) => {
      output = (output + text).slice(-keptCharacters);
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      keep(text);
      options.onOutput?.(text);
    });
    child.stderr.setEncoding("utf8").on("data", keep);
    child.on("error", reject);
    child.on("close", (code) => {
      options.signal.removeEventListener("abort", end);
      if (options.signal.aborted) reject(options.signal.reason);
      else resolve({ code, output });
    });
  });
}

/** The last line of `output` that is not blank, for error messages. */
export function lastLine(output: string): string {
  return output.trim().split("\n").at(-1)?.trim() ?? "";
}
