/** The service as its users start it: a process of its own, with its embedded database. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const main = join(import.meta.dirname, "../../src/main.ts");

/** Where a service says that it listens; a worker alone says nothing of it. */
interface Ready {
  readonly url?: string;
  readonly grpc?: string;
}

export class RunningService {
  readonly process: ChildProcess;
  readonly url: string;
  readonly grpcAddress: string;
  readonly #lines: readonly string[];

  constructor(process: ChildProcess, ready: Ready, lines: readonly string[]) {
    this.process = process;
    this.url = ready.url ?? "";
    this.grpcAddress = ready.grpc ?? "";
    this.#lines = lines;
  }

  get log(): string {
    return this.#lines.join("\n");
  }

  /** Sends the signal and resolves with the exit code (null after SIGKILL). */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const { exitCode, signalCode } = this.process;
    if (exitCode !== null || signalCode !== null) return exitCode;
    const exited = once(this.process, "exit");
    this.process.kill(signal);
    const [code] = await exited;
    return code as number | null;
  }
}

function environment(dataDir: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DATA_DIR: dataDir,
    PORT: "0",
    GRPC_PORT: "0",
    NODE_OPTIONS: "",
    MONGODB_URI: "",
  };
}

/** A service that may not be ready yet. */
export interface LaunchedService {
  readonly process: ChildProcess;
  readonly lines: readonly string[];
  /** Resolves once it says `ready`, a worker alone without a URL; rejects when it ends before. */
  readonly ready: Promise<RunningService>;
}

export function launchService(
  dataDir: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  onLine: (line: string) => void = () => {},
): LaunchedService {
  const child = spawn(process.execPath, [main, "serve", ...args], {
    env: { ...environment(dataDir), ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const lines: string[] = [];
  const ready = Promise.withResolvers<RunningService>();
  createInterface({ input: child.stderr }).on("line", (line) => {
    lines.push(line);
    onLine(line);
    const entry = parseLine(line);
    if (entry.msg === "ready") ready.resolve(new RunningService(child, entry, lines));
  });
  child.once("exit", (code) => ready.reject(new Error(`exit ${code}\n${lines.join("\n")}`)));
  return { process: child, lines, ready: ready.promise };
}

/** Resolves once it says `ready`; a worker alone has no URL. */
export function startServiceProcess(
  ...launch: Parameters<typeof launchService>
): Promise<RunningService> {
  return launchService(...launch).ready;
}

function parseLine(line: string): Ready & { msg?: unknown } {
  try {
    return JSON.parse(line) as Ready & { msg?: unknown };
  } catch {
    return {};
  }
}

/** Runs the command line to its end. */
export async function runCommand(
  dataDir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [main, ...args], {
    env: { ...environment(dataDir), ...env },
  });
}
