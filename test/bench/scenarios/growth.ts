/** Whether the figures stay as the collection and the number of organizations grow. */
import type { Growth, GrowthOptions } from "../measures/growth.ts";
import { measure } from "../processes.ts";
import { inMs, perSecond, type Table } from "../report.ts";
import { percentile } from "../statistics.ts";
import { type Context, optionsFor, ours } from "./scenario.ts";

type Size = Pick<GrowthOptions, "ended" | "waiting" | "organizations">;

const sizes: readonly Size[] = [
  { ended: 1_000, waiting: 0, organizations: 50 },
  { ended: 100_000, waiting: 0, organizations: 50 },
  { ended: 1_000_000, waiting: 0, organizations: 50 },
  { ended: 0, waiting: 1_000, organizations: 50 },
  { ended: 0, waiting: 100_000, organizations: 50 },
  { ended: 0, waiting: 1_000_000, organizations: 50 },
  { ended: 1_000, waiting: 0, organizations: 1 },
  { ended: 1_000, waiting: 0, organizations: 10_000 },
];

const columns = [
  "ended",
  "waiting, of one at its cap",
  "organizations that drain",
  "create p50",
  "pickup p50",
  "pickup p99",
  "turn p50",
  "turn p99",
  "drain",
  "keys of a look",
];

export async function growth(context: Context): Promise<Table[]> {
  const rows: string[][] = [];
  const data: unknown[] = [];
  for (const size of context.isQuick ? sizes.filter(isSmall) : sizes) {
    const options: GrowthOptions = {
      ...optionsFor(ours(context), context),
      ...size,
      drain: context.isQuick ? 500 : 3_000,
      samples: context.isQuick ? 10 : 60,
    };
    const found = await measure<Growth>("growth", options);
    rows.push(rowOf(size, found));
    data.push({ size, ...found });
    context.say(`growth: ${rows.at(-1)?.join(", ")}`);
  }
  return [
    {
      title: "Cost as it grows",
      columns,
      rows,
      notes: [
        "One run each. Create and pickup as above, with a worker that has room and a backlog at its cap.",
        "Turn: all places of the worker are taken, one becomes free, and another organization's job begins.",
        "One organization drains by its cap of 4 at a time, and not by 64.",
      ],
      data,
    },
  ];
}

function isSmall({ ended, waiting, organizations }: Size): boolean {
  return ended + waiting <= 1_000 && organizations <= 50;
}

function rowOf({ ended, waiting, organizations }: Size, found: Growth): string[] {
  const { creates, pickups, turns, drained, look } = found;
  return [
    ...[ended, waiting, organizations].map((count) => count.toLocaleString("en")),
    inMs(percentile(creates, 0.5)),
    inMs(percentile(pickups, 0.5)),
    inMs(percentile(pickups, 0.99)),
    inMs(percentile(turns, 0.5)),
    inMs(percentile(turns, 0.99)),
    perSecond(drained),
    look.keys.toLocaleString("en"),
  ];
}
