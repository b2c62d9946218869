/**
 * `npm run bench -- [drain] [create] [latency] [heartbeats] [growth] [--rounds 3] [--quick]`: starts the
 * servers that are there, measures, prints the tables and writes them to `results/`.
 */
import { parseArgs } from "node:util";
import { describeMachine, load } from "./machine.ts";
import { contenders, type ServerName } from "./queues/index.ts";
import { markdownOf, type Report, type Table, write } from "./report.ts";
import { create } from "./scenarios/create.ts";
import { drain } from "./scenarios/drain.ts";
import { growth } from "./scenarios/growth.ts";
import { heartbeats } from "./scenarios/heartbeats.ts";
import { latency } from "./scenarios/latency.ts";
import type { Context, Scenario } from "./scenarios/scenario.ts";
import { makeFolder } from "./servers/folder.ts";
import { startMongod } from "./servers/mongod.ts";
import { startPostgres } from "./servers/postgres.ts";
import { startRedis } from "./servers/redis.ts";
import { type Server, ServerMissing } from "./servers/server.ts";

const scenarios: Readonly<Record<string, Scenario>> = {
  drain,
  create,
  latency,
  heartbeats,
  growth,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    quick: { type: "boolean", default: false },
    only: { type: "string", multiple: true },
  },
});
const unknown = positionals.filter((name) => !(name in scenarios));
if (unknown.length > 0) {
  console.error(
    `no such scenario: ${unknown.join(", ")}; there are ${Object.keys(scenarios).join(", ")}`,
  );
  process.exit(2);
}
const chosen = positionals.length > 0 ? positionals : Object.keys(scenarios);

const starters: readonly [ServerName, (folder: string) => Promise<Server>][] = [
  ["mongod", startMongod],
  ["PostgreSQL", startPostgres],
  ["Redis", startRedis],
];

const folder = makeFolder();
const servers = new Map<ServerName, Server>();
const missing: string[] = [];
const say = (line: string) => console.error(line);

async function stop(): Promise<void> {
  for (const server of servers.values()) await server.stop();
  folder.remove();
}
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void stop().finally(() => process.exit(1)));
}

try {
  for (const [name, start] of starters) {
    try {
      servers.set(name, await start(folder.path));
    } catch (error) {
      if (!(error instanceof ServerMissing)) throw error;
      missing.push(error.message);
    }
  }
  let count = 0;
  const context: Context = {
    servers,
    contenders: contenders.filter(
      ({ server, module }) =>
        servers.has(server) && (module === "ours" || (values.only?.includes(module) ?? true)),
    ),
    rounds: Number(values.rounds),
    isQuick: values.quick,
    freshName: () => `bench_${++count}`,
    say,
  };
  const before = load();
  const tables: Table[] = [];
  for (const name of chosen) tables.push(...((await scenarios[name]?.(context)) ?? []));
  const report: Report = {
    date: new Date().toISOString(),
    machine: describeMachine(),
    versions: [...servers].map(([name, { version }]) => `${name} ${version}`),
    missing,
    rounds: context.rounds,
    load: [before, load()],
    tables,
  };
  console.log(markdownOf(report));
  say(`written to ${write(report)}.json and .md`);
} finally {
  await stop();
}
process.exit();
