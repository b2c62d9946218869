/** How fast one worker process empties a full queue. */
import type { DrainOptions } from "../measures/drain.ts";
import { measure } from "../processes.ts";
import type { Contender } from "../queues/index.ts";
import { perSecond, type Table, times } from "../report.ts";
import { median } from "../statistics.ts";
import { type Context, interleaved, optionsFor, ours } from "./scenario.ts";

export async function drain(context: Context): Promise<Table[]> {
  const rates = await interleaved(context, context.contenders, async (contender) => {
    const jobs = context.isQuick ? 1_000 : contender.drainJobs;
    const options: DrainOptions = { ...optionsFor(contender, context), jobs };
    const rate = await measure<number>("drain", options);
    context.say(`drain, ${contender.name}: ${perSecond(rate)}`);
    return rate;
  });
  const own = median(rates.get(ours(context)) ?? []);
  const row = ([contender, values]: [Contender, number[]]) => [
    contender.name,
    perSecond(median(values)),
    `${perSecond(Math.min(...values))} to ${perSecond(Math.max(...values))}`,
    times(own / median(values)),
    contender.durability,
    contender.settings,
  ];
  return [
    {
      title: "Drain: one worker process, 64 jobs at a time that do nothing",
      columns: ["queue", "median", "range", "ours to it", "durability", "settings"],
      rows: [...rates].map(row),
      notes: [
        "From the start of the worker to the last completion written; filling the queue does not count.",
      ],
      data: Object.fromEntries([...rates].map(([{ name }, values]) => [name, values])),
    },
  ];
}
