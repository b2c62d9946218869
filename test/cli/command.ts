/** A command as people run it, with its exit code, and a line to the service that can be cut. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, connect as dial, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const main = join(import.meta.dirname, "../../src/main.ts");

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class RunningCommand {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ended>;
  #stdout = "";
  #stderr = "";

  constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    const stdio = ["ignore", "pipe", "pipe"] as const;
    const child = spawn(process.execPath, [main, ...args], {
      env: { ...process.env, NODE_OPTIONS: "", ...env },
      stdio: [...stdio],
    });
    child.stdout?.on("data", (text) => {
      this.#stdout += text;
    });
    child.stderr?.on("data", (text) => {
      this.#stderr += text;
    });
    this.#child = child;
    this.#ended = once(child, "close").then(([code]) => {
      return { code: code as number | null, stdout: this.#stdout, stderr: this.#stderr };
    });
    onTestFinished(() => void child.kill("SIGKILL"));
  }

  get ended(): Promise<Ended> {
    return this.#ended;
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  /** Resolves when standard error has `text`. @throws Error when it ends without */
  async says(text: string | RegExp): Promise<void> {
    for (;;) {
      const has = typeof text === "string" ? this.#stderr.includes(text) : text.test(this.#stderr);
      if (has) return;
      const news = once(this.#child.stderr ?? this.#child, "data").then(() => true);
      const goesOn = await Promise.race([news, this.#ended.then(() => false)]);
      if (!goesOn) throw new Error(`it ended without saying ${text}:\n${this.#stderr}`);
    }
  }
}

/** Runs a command to its end. */
export function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new RunningCommand(args, env).ended;
}

/** A line between a command and the service. */
export class Line {
  /** Whether what is sent gets nowhere, while every connection stays open. */
  isDead = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: number) {
    this.#server = createServer((client) => this.#join(client, dial(target, "127.0.0.1")));
  }

  static async to(url: string): Promise<Line> {
    const line = new Line(Number(new URL(url).port));
    await new Promise<void>((resolve) => line.#server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      line.cut();
      line.#server.close();
    });
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  /** Ends every connection; new ones are welcome. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket, server: Socket): void {
    const ends = [client, server] as const;
    for (const [from, to] of [ends, [server, client] as const]) {
      this.#sockets.add(from);
      from.on("data", (bytes) => {
        if (!this.isDead) to.write(bytes);
      });
      from.on("error", () => from.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
