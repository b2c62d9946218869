/** How fast jobs are taken durably, one a call, by 64 callers and by one. */
import type { Created, CreateOptions } from "../measures/create.ts";
import { measure } from "../processes.ts";
import type { Contender } from "../queues/index.ts";
import { inMs, perSecond, type Table, times } from "../report.ts";
import { median, percentile } from "../statistics.ts";
import { type Context, interleaved, optionsFor, ours } from "./scenario.ts";

interface Both {
  readonly many: Created;
  readonly one: Created;
}

export async function create(context: Context): Promise<Table[]> {
  const contenders = context.contenders.filter(({ drainsOnly }) => !drainsOnly);
  const results = await interleaved(context, contenders, async (contender): Promise<Both> => {
    const by = (callers: number, jobs: number) => {
      const options: CreateOptions = { ...optionsFor(contender, context), callers, jobs };
      return measure<Created>("create", options);
    };
    const many = await by(64, context.isQuick ? 500 : 8_000);
    const one = await by(1, context.isQuick ? 50 : 400);
    context.say(`create, ${contender.name}: ${perSecond(many.rate)}`);
    return { many, one };
  });
  const rateOf = (both: readonly Both[]) => median(both.map(({ many }) => many.rate));
  const own = rateOf(results.get(ours(context)) ?? []);
  const row = ([contender, both]: [Contender, Both[]]) => {
    const rates = both.map(({ many }) => many.rate);
    const calls = both.flatMap(({ one }) => one.calls);
    return [
      contender.name,
      perSecond(rateOf(both)),
      `${perSecond(Math.min(...rates))} to ${perSecond(Math.max(...rates))}`,
      times(own / rateOf(both)),
      inMs(percentile(calls, 0.5)),
      inMs(percentile(calls, 0.99)),
      contender.durability,
    ];
  };
  return [
    {
      title: "Durable create, one job a call",
      columns: ["queue", "64 callers", "range", "ours to it", "1 caller, p50", "p99", "durability"],
      rows: [...results].map(row),
      notes: [],
      data: Object.fromEntries([...results].map(([{ name }, both]) => [name, both])),
    },
  ];
}
