/**
 * How long the studio works on after it was asked to stop, by the step that it was at: pieces of each kind,
 * each asked at a random moment. Processor time of the process stands beside wall time, since other work on
 * the machine stretches only the latter.
 *
 *     node test/bench/studio-stop.ts --seconds 60 --times 40
 */
import { parseArgs } from "node:util";
import { createStudioEngine } from "../../src/engines/studio.ts";
import { AbortReason } from "../../src/generations/abort.ts";
import { nowMs } from "./clock.ts";
import { makePiece, type Piece } from "./studio-piece.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    times: { type: "string", default: "40" },
    prompt: { type: "string", default: "rainy lofi" },
  },
});

const kinds: readonly Partial<Piece>[] = [
  { outputFormat: "mp3" },
  { outputFormat: "flac", stems: true },
  { outputFormat: "wav", stems: true },
];

interface Stop {
  readonly step: string;
  readonly cpuMs: number;
  readonly wallMs: number;
}

const engine = createStudioEngine({ threads: 1 });
await engine.start();

/** The whole time of a piece, in milliseconds. */
async function lengthOf(piece: Piece): Promise<number> {
  const begun = nowMs();
  await makePiece(engine, piece);
  return nowMs() - begun;
}

/** Null when the piece was done before. */
async function stopAfter(piece: Piece, afterMs: number): Promise<Stop | null> {
  const asking = new AbortController();
  let step = "before the first report";
  let askedAt = 0;
  let cpu = process.cpuUsage();
  const timer = setTimeout(() => {
    askedAt = nowMs();
    cpu = process.cpuUsage();
    asking.abort(new AbortReason("CancelRequested"));
  }, afterMs);
  let wallMs = 0;
  const outcome = await makePiece(engine, {
    ...piece,
    signal: asking.signal,
    onProgress: ({ phase }) => {
      if (!asking.signal.aborted) step = phase;
    },
  });
  clearTimeout(timer);
  wallMs = nowMs() - askedAt;
  const { user, system } = process.cpuUsage(cpu);
  if (outcome.kind === "finished") return null;
  return { step, cpuMs: (user + system) / 1000, wallMs };
}

const stops: Stop[] = [];
for (const kind of kinds) {
  const piece = { prompt: values.prompt, seconds: Number(values.seconds), ...kind };
  await lengthOf({ ...piece, seconds: 5 });
  const length = await lengthOf(piece);
  for (let n = 0; n < Number(values.times); n++) {
    const stop = await stopAfter(piece, Math.random() * length);
    if (stop !== null) stops.push(stop);
  }
}
await engine.stop();

const steps = Map.groupBy(stops, ({ step }) => step);
for (const [step, of] of [...steps, ["all", stops] as const]) {
  const sorted = (field: "cpuMs" | "wallMs") =>
    of.map((stop) => stop[field]).toSorted((one, other) => one - other);
  const text = (field: "cpuMs" | "wallMs") => {
    const all = sorted(field);
    const at = (share: number) => all[Math.floor(share * (all.length - 1))]?.toFixed(0);
    return `p50 ${at(0.5)}, p95 ${at(0.95)}, most ${at(1)} ms`;
  };
  process.stdout.write(`${step} (${of.length}): CPU ${text("cpuMs")}; wall ${text("wallMs")}\n`);
}
