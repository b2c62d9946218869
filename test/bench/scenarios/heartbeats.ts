/** What 1,000 running jobs cost mongod while nothing else happens. */
import type { Heartbeats, HeartbeatsOptions } from "../measures/heartbeats.ts";
import { measure } from "../processes.ts";
import type { Table } from "../report.ts";
import { median } from "../statistics.ts";
import { type Context, interleaved, optionsFor, ours } from "./scenario.ts";

function ofACore(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}

export async function heartbeats(context: Context): Promise<Table[]> {
  const jobs = context.isQuick ? 100 : 1_000;
  const seconds = context.isQuick ? 5 : 20;
  const results = await interleaved(context, [ours(context)], async (contender) => {
    const mongodPid = context.servers.get("mongod")!.pid;
    const options: HeartbeatsOptions = {
      ...optionsFor(contender, context),
      jobs,
      seconds,
      mongodPid,
    };
    const found = await measure<Heartbeats>("heartbeats", options);
    context.say(`heartbeats: ${ofACore(found.running)} of a core, idle ${ofACore(found.idle)}`);
    return found;
  });
  const all = results.get(ours(context)) ?? [];
  const row = [
    jobs.toLocaleString("en"),
    ofACore(median(all.map(({ running }) => running))),
    ofACore(median(all.map(({ idle }) => idle))),
  ];
  return [
    {
      title: "Heartbeats: running jobs, each renewed every 3 s",
      columns: ["running jobs", "of a core of mongod", "with an idle worker"],
      rows: [row],
      notes: ["User and system time of mongod, sweeps and the change feed of the worker included."],
      data: all,
    },
  ];
}
