/** A PostgreSQL of the run's own: a fresh data folder, a Unix socket, every commit flushed. */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { sleep } from "../clock.ts";
import { type Server, ServerMissing } from "./server.ts";

const user = "bench";

/** The folder with initdb and postgres: Debian keeps them off PATH. */
function binaries(): string {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort().reverse() : [];
  const candidates = [
    ...versions.map((version) => join(debian, version, "bin")),
    ...(process.env["PATH"] ?? "").split(":"),
  ];
  const found = candidates.find((folder) => existsSync(join(folder, "initdb")));
  if (found === undefined) throw new ServerMissing("PostgreSQL is not installed");
  return found;
}

/** PostgreSQL refuses to run as root; then it runs as `nobody`. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

export async function startPostgres(folder: string): Promise<Server> {
  const bin = binaries();
  const data = join(folder, "postgres");
  const socket = join(folder, "pg");
  const who = unprivileged();
  chmodSync(folder, 0o755);
  for (const path of [data, socket]) {
    mkdirSync(path, { mode: 0o700 });
    if (who) chownSync(path, who.uid, who.gid);
  }
  const init = ["-D", data, "-U", user, "--auth=trust", "--encoding=UTF8", "--locale=C"];
  execFileSync(join(bin, "initdb"), init, { stdio: "ignore", cwd: data, ...who });
  const settings = [
    "fsync=on",
    "synchronous_commit=on",
    "listen_addresses=",
    "max_connections=200",
  ];
  const memory = ["shared_buffers=256MB", "max_wal_size=4GB"];
  const server = spawn(
    join(bin, "postgres"),
    ["-D", data, "-k", socket, ...[...settings, ...memory].flatMap((each) => ["-c", each])],
    { stdio: "ignore", cwd: data, ...who },
  );
  const url = `postgres://${user}@/postgres?host=${encodeURIComponent(socket)}`;
  const version = await untilReady(url);
  const stop = async () => {
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGINT");
    await ended;
  };
  return { version, url, pid: server.pid ?? 0, stop };
}

async function untilReady(url: string): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const client = new Client({ connectionString: url });
    try {
      await client.connect();
      const { rows } = await client.query("show server_version");
      return rows[0].server_version;
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(100);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
