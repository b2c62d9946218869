/**
 * The REST face beside bare Fastify with a schema and Connect's own handler, over the same trivial store:
 * calls a second, and the processor time of the server for each call, which a busy machine disturbs less.
 * The rounds of the servers are interleaved, and the best round of each counts.
 *
 *     node test/bench/gateway/main.ts
 *
 * `ROUNDS`, `CALLS` (of one round), `CONNECTIONS` and `KINDS` change what is run; `PROFILE` names a folder
 * for processor profiles of the servers.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { load } from "./load.ts";
import { key, organizationId } from "./trivial.ts";

const { env } = process;
const rounds = Number(env["ROUNDS"] ?? 7);
const calls = Number(env["CALLS"] ?? 8_000);
const connections = Number(env["CONNECTIONS"] ?? 64);
const kinds = (env["KINDS"] ?? "bare,gateway,connect").split(",");

const head = `Host: bench\r\nX-API-Key: ${key}\r\nAccept: application/json\r\nUser-Agent: bench\r\n`;
const rest = `/v1/music/${organizationId}/generations`;
const rpc = "/music.v1.MusicGenerations";
const piece = {
  engine: "bench",
  prompt: "calm piano, 70 bpm, F major, a little rain on the window",
  duration_seconds: 30,
  style_tags: ["lofi", "piano"],
};

function post(path: string, value: object): string {
  const text = JSON.stringify(value);
  const body = `Content-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
  return `POST ${path} HTTP/1.1\r\n${head}${body}`;
}

/** The same two calls as each server takes them; `id` is of a job that it has. */
function requestsOf(kind: string, id: string): Readonly<Record<string, string>> {
  if (kind === "connect") {
    return {
      get: post(`${rpc}/GetGeneration`, { organization_id: organizationId, job_id: id }),
      create: post(`${rpc}/CreateGeneration`, { organization_id: organizationId, ...piece }),
    };
  }
  return { get: `GET ${rest}/${id} HTTP/1.1\r\n${head}\r\n`, create: post(rest, piece) };
}

interface Server {
  readonly kind: string;
  readonly process: ChildProcess;
  readonly port: number;
  readonly requests: Readonly<Record<string, string>>;
}

async function start(kind: string): Promise<Server> {
  const { PROFILE } = env;
  const execArgv = PROFILE === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${PROFILE}`];
  const child = fork(join(import.meta.dirname, "server.ts"), [kind], { execArgv });
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  const path = kind === "connect" ? `${rpc}/CreateGeneration` : rest;
  const scope = kind === "connect" ? { organization_id: organizationId } : {};
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    headers: { "x-api-key": key, "content-type": "application/json" },
    body: JSON.stringify({ ...scope, ...piece }),
  });
  const { id } = (await response.json()) as { id: string };
  return { kind, process: child, port, requests: requestsOf(kind, id) };
}

async function cpuMicrosOf({ process: child }: Server): Promise<number> {
  child.send("cpu");
  const [{ cpu }] = (await once(child, "message")) as [{ cpu: NodeJS.CpuUsage }];
  return cpu.user + cpu.system;
}

interface Round {
  /** Calls a second. */
  readonly rate: number;
  /** Microseconds of the server's processor time for a call. */
  readonly cost: number;
}

async function runRound(server: Server, what: string): Promise<Round> {
  const before = await cpuMicrosOf(server);
  const seconds = await load(server.port, server.requests[what] ?? "", calls, connections);
  return { rate: calls / seconds, cost: ((await cpuMicrosOf(server)) - before) / calls };
}

function bestOf(found: readonly Round[]): Round {
  return {
    rate: Math.max(...found.map(({ rate }) => rate)),
    cost: Math.min(...found.map(({ cost }) => cost)),
  };
}

function row(cells: readonly (string | number)[]): void {
  process.stdout.write(`${cells.map((cell) => String(cell).padStart(10)).join("")}\n`);
}

const servers = await Promise.all(kinds.map(start));
row(["call", "server", "calls/s", "of first", "µs CPU", "of first"]);
for (const what of ["get", "create"]) {
  const results = new Map<Server, Round[]>(servers.map((server) => [server, []]));
  // The first round warms up.
  for (let round = -1; round < rounds; round++) {
    for (const [server, found] of results) {
      const result = await runRound(server, what);
      if (round >= 0) found.push(result);
    }
  }
  const bests = [...results].map(([{ kind }, found]) => ({ kind, ...bestOf(found) }));
  for (const { kind, rate, cost } of bests) {
    const ofRate = (rate / (bests[0]?.rate ?? 0)).toFixed(2);
    const ofCost = ((bests[0]?.cost ?? 0) / cost).toFixed(2);
    row([what, kind, rate.toFixed(0), ofRate, cost.toFixed(0), ofCost]);
  }
}
const machine = `${availableParallelism()} processors, load ${loadavg()[0]?.toFixed(1)}`;
process.stdout.write(`${process.version}, ${machine}, ${connections} connections\n`);
for (const server of servers) server.process.disconnect();
