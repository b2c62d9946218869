/** The fixture worker as the tests have it in their hands: started, listened to, signalled, told. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import type { FixtureSettings } from "./fixture-settings.ts";

const program = fileURLToPath(new URL("./fixture-worker.ts", import.meta.url));

interface Said {
  readonly at: string;
  readonly jobId?: string;
  /** Of the job as the end of an attempt left it; null when it was not the attempt's any more. */
  readonly status?: string | null;
}

export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #said: Said[] = [];
  readonly #exited: Promise<unknown>;
  #heard: () => void = () => {};

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, "exit");
    if (child.stdout === null) throw new TypeError("its output is not piped");
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.#said.push(JSON.parse(line) as Said);
      this.#heard();
    });
    void this.#exited.then(() => this.#heard());
  }

  /** Resolves with what it said once it is (or was) at `step`. @throws Error when it ends before */
  async reaches(step: string, jobId?: string): Promise<Said> {
    for (;;) {
      const said = this.#said.find(
        (each) => each.at === step && (jobId === undefined || each.jobId === jobId),
      );
      if (said !== undefined) return said;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`it ended before ${step}: ${JSON.stringify(this.#said)}`);
      }
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(signal);
  }

  /** Resolves once it is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }
}

/** Serving; killed when the test ends. */
export async function startWorkerProcess(
  settings: Omit<FixtureSettings, "work">,
): Promise<WorkerProcess> {
  const whole: FixtureSettings = { ...settings, work: await temporaryFolder() };
  const child = spawn(process.execPath, [program, JSON.stringify(whole)], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  });
  const started = new WorkerProcess(child);
  await started.reaches("serving");
  return started;
}
