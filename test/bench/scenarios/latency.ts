/** How soon an idle worker in another process begins a job, and sees that it is cancelled. */
import type { CancelOptions } from "../measures/cancel.ts";
import type { PickupOptions } from "../measures/pickup.ts";
import { measure } from "../processes.ts";
import type { Contender } from "../queues/index.ts";
import { inMs, type Table } from "../report.ts";
import { percentile } from "../statistics.ts";
import { type Context, interleaved, optionsFor, ours } from "./scenario.ts";

const columns = ["queue", "p50", "p99", "worst", "samples"];

function cells(name: string, values: readonly number[]): string[] {
  const [half, most] = [percentile(values, 0.5), percentile(values, 0.99)];
  return [name, inMs(half), inMs(most), inMs(Math.max(...values)), String(values.length)];
}

function tableOf(title: string, note: string, results: Map<Contender, number[][]>): Table {
  const all = [...results].map(([{ name }, rounds]) => [name, rounds.flat()] as const);
  const rows = all.map(([name, values]) => cells(name, values));
  return { title, columns, rows, notes: [note], data: Object.fromEntries(all) };
}

export async function latency(context: Context): Promise<Table[]> {
  const contenders = context.contenders.filter(({ drainsOnly }) => !drainsOnly);
  const jobs = context.isQuick ? 20 : 200;
  const pickups = await interleaved(context, contenders, async (contender) => {
    // A poller's wait is known after few.
    const options: PickupOptions = {
      ...optionsFor(contender, context),
      jobs: contender.module === "agenda" ? jobs / 4 : jobs,
    };
    const waits = await measure<number[]>("pickup", options);
    context.say(`pickup, ${contender.name}: p99 ${inMs(percentile(waits, 0.99))}`);
    return waits;
  });
  const cancels = await interleaved(context, [ours(context)], async (contender) => {
    const options: CancelOptions = { ...optionsFor(contender, context), jobs };
    const waits = await measure<number[]>("cancel", options);
    context.say(`cancel: p99 ${inMs(percentile(waits, 0.99))}`);
    return waits;
  });
  return [
    tableOf(
      "Idle pickup: create acknowledged → attempt begun in another process",
      "One job at a time, 20 to 50 ms apart. 0 where the attempt began before the acknowledgement came.",
      pickups,
    ),
    tableOf(
      "Cancel seen: cancel acknowledged → abort signal in another process",
      "The peers do not carry a cancel to a running job of another process.",
      cancels,
    ),
  ];
}
