/** How fast one worker process empties a full queue. */
import type { Drained, DrainOptions } from "../measures/drain.ts";
import { measure } from "../processes.ts";
import type { Contender } from "../queues/index.ts";
import { perSecond, type Table, times } from "../report.ts";
import { median } from "../statistics.ts";
import { type Context, interleaved, optionsFor, ours } from "./scenario.ts";

export async function drain(context: Context): Promise<Table[]> {
  const results = await interleaved(context, context.contenders, async (contender) => {
    const jobs = context.isQuick ? 1_000 : contender.drainJobs;
    const serverPid = context.servers.get(contender.server)?.pid ?? 0;
    const options: DrainOptions = { ...optionsFor(contender, context), jobs, serverPid };
    const drained = await measure<Drained>("drain", options);
    context.say(`drain, ${contender.name}: ${perSecond(drained.rate)}`);
    return drained;
  });
  const rateOf = (all: readonly Drained[]) => median(all.map(({ rate }) => rate));
  const own = results.get(ours(context)) ?? [];
  const row = ([contender, all]: [Contender, Drained[]]) => {
    const rates = all.map(({ rate }) => rate);
    const cpu = [all.map(({ server }) => server), all.map(({ worker }) => worker)].map(median);
    return [
      contender.name,
      perSecond(rateOf(all)),
      `${perSecond(Math.min(...rates))} to ${perSecond(Math.max(...rates))}`,
      times(rateOf(own) / rateOf(all)),
      cpu.map((each) => `${each.toFixed(0)} µs`).join(" + "),
      contender.durability,
      contender.settings,
    ];
  };
  return [
    {
      title: "Drain: one worker process, 64 jobs at a time that do nothing",
      columns: [
        "queue",
        "median",
        "range",
        "ours to it",
        "processor time a job: server + worker",
        "durability",
        "settings",
      ],
      rows: [...results].map(row),
      notes: [
        "From the start of the worker to the last completion written; filling the queue does not count.",
      ],
      data: Object.fromEntries([...results].map(([{ name }, all]) => [name, all])),
    },
  ];
}
