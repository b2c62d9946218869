/** A Redis of the run's own: a Unix socket, and every write flushed before it is acknowledged. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { sleep } from "../clock.ts";
import { type Server, ServerMissing } from "./server.ts";

export async function startRedis(folder: string): Promise<Server> {
  const found = spawnSync("redis-server", ["--version"], { encoding: "utf8" });
  if (found.error) throw new ServerMissing("Redis is not installed");
  const data = join(folder, "redis");
  mkdirSync(data);
  const socket = join(data, "s");
  const durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
  const server = spawn(
    "redis-server",
    ["--port", "0", "--unixsocket", socket, "--dir", data, ...durable],
    { stdio: "ignore" },
  );
  for (let attempt = 0; attempt < 100; attempt++) {
    const ping = spawnSync("redis-cli", ["-s", socket, "ping"], { encoding: "utf8" });
    if (ping.stdout?.trim() === "PONG") break;
    await sleep(50);
  }
  return {
    version: /v=(\S+)/.exec(found.stdout)?.[1] ?? "?",
    url: socket,
    pid: server.pid ?? 0,
    stop: async () => {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGTERM");
      await ended;
    },
  };
}
