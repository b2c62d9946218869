/** `generate` and `watch`: a piece of music, awaited. */
import { randomUUID } from "node:crypto";
import { extname } from "node:path";
import { type Command, Option } from "commander";
import { GenerationMode } from "../../gen/music/v1/generation_mode_pb.ts";
import { type Generation, GenerationStatus } from "../../gen/music/v1/generation_pb.ts";
import { OutputFormat } from "../../gen/music/v1/output_format_pb.ts";
import { repeated, wholeNumber, wholeSeconds } from "./arguments.ts";
import { connect, type Service, withClientOptions } from "./client.ts";
import { exitOfJob, setExit } from "./exits.ts";
import { type FileOptions, giveFiles } from "./files.ts";
import { follow } from "./follow.ts";
import { interruptible } from "./interrupt.ts";
import { jobJson, statusName } from "./job-text.ts";
import { note, type OutputOptions, print, withExamples, withOutputOptions } from "./output.ts";

type WaitOptions = FileOptions & OutputOptions;

/** Fetches what was made or says why there is nothing, and sets the exit code. */
async function conclude(service: Service, options: WaitOptions, job: Generation): Promise<void> {
  setExit(exitOfJob(job.status));
  if (job.status === GenerationStatus.SUCCEEDED) {
    const given = await giveFiles(service, options, job);
    if (!options.json) given.forEach(print);
    return;
  }
  const reason = job.errorMessage ?? job.refusalReason;
  note(`The job ended as ${statusName(job.status)}.${reason ? ` ${reason}` : ""}`);
}

interface GenerateOptions extends WaitOptions {
  readonly seconds: number;
  readonly engine: string;
  readonly title?: string;
  readonly style: readonly string[];
  readonly seed?: number;
  readonly seedTrack?: string;
  readonly mode?: string;
  readonly format?: string;
  readonly stems?: boolean;
  readonly idempotencyKey?: string;
  readonly detach?: boolean;
}

const formats: Readonly<Record<string, OutputFormat>> = {
  mp3: OutputFormat.MP3,
  flac: OutputFormat.FLAC,
  wav: OutputFormat.WAV,
};

const modes: Readonly<Record<string, GenerationMode>> = {
  creation: GenerationMode.CREATION,
  focus: GenerationMode.FOCUS,
};

/** What was asked for by name; otherwise what the file's name ends with, if that is a format. */
function formatOf({ format, out = "" }: GenerateOptions): OutputFormat {
  const name = format ?? extname(out).slice(1).toLowerCase();
  return formats[name] ?? OutputFormat.UNSPECIFIED;
}

function create(service: Service, prompt: string, options: GenerateOptions): Promise<Generation> {
  return service.createGeneration({
    organizationId: options.organization,
    engine: options.engine,
    prompt,
    durationSeconds: options.seconds,
    styleTags: [...options.style],
    mode: modes[options.mode ?? "creation"] ?? GenerationMode.UNSPECIFIED,
    outputFormat: formatOf(options),
    stems: options.stems ?? false,
    idempotencyKey: options.idempotencyKey ?? randomUUID(),
    ...(options.title !== undefined && { title: options.title }),
    ...(options.seed !== undefined && { seed: options.seed }),
    ...(options.seedTrack !== undefined && { seedTrackId: options.seedTrack }),
  });
}

async function generate(prompt: string, options: GenerateOptions): Promise<void> {
  const service = connect(options);
  await interruptible(async (asked) => {
    const created = await create(service, prompt, options);
    if (options.detach) return print(options.json ? jobJson(created) : created.id);
    note(created.id, options);
    const job = await follow(service, options, created, asked);
    if (options.json) print(jobJson(job));
    await conclude(service, options, job);
  });
}

async function watch(jobId: string, options: WaitOptions): Promise<void> {
  const service = connect(options);
  const job = await service.getGeneration({ organizationId: options.organization, jobId });
  await interruptible(async (asked) => {
    const states = options.json ?? false;
    await conclude(service, options, await follow(service, { ...options, states }, job, asked));
  });
}

/** Adds the commands to `program`. */
export function addGenerateCommands(program: Command): void {
  const making = withClientOptions(program.command("generate <prompt>"))
    .description("Make a piece of music and wait for it; Ctrl-C cancels it")
    .option("--seconds <n>", "its length", wholeSeconds, 30)
    .option("--engine <key>", "who makes it", "studio")
    .option("--title <title>", "its title")
    .option("--style <tag>", "a style; repeat it for more than one", repeated, [])
    .option("--seed <n>", "the same seed gives the same piece", wholeNumber)
    .option("--seed-track <id>", "a track of yours that it goes on from")
    .addOption(
      new Option("--mode <name>", "one piece, or even music to work by").choices(
        Object.keys(modes),
      ),
    )
    .addOption(
      new Option("--format <name>", "what kind of file (default: as --out ends, or mp3)").choices(
        Object.keys(formats),
      ),
    )
    .option("--stems", "the stems, too, beside the audio")
    .option("--out <file>", "where to put the audio; its URL is printed without it")
    .option("--idempotency-key <key>", "a repeat with the same key is the same job")
    .option("--detach", "do not wait: print the job's id")
    .action(generate);
  withOutputOptions(making, "print the job as REST answers it", "no progress");
  withExamples(
    making,
    'music generate "calm piano, 70 bpm, F major" --seconds 20 --out calm.mp3',
    'music generate "house, 124 bpm" --seconds 10 --style house --seed 7 --out house.flac',
    'music generate "rain on a tin roof, lo-fi" --seconds 10 --detach',
    'music generate "brass fanfare" --seconds 5 --quiet --json',
  );
  const watching = withClientOptions(program.command("watch <job-id>"))
    .description("Show a job until it has ended; Ctrl-C cancels it")
    .option("--out <file>", "where to put the audio; its URL is printed without it")
    .action(watch);
  withOutputOptions(watching, "print each state on a line, as REST answers it", "no progress");
  withExamples(watching, 'music watch "$JOB" --out track.mp3', 'music watch "$JOB" --quiet --json');
}
