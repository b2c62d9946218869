/** `generate`, `watch`, `cancel`, `list` and `engines`: a gRPC client of a running service. */
import { randomUUID } from "node:crypto";
import { basename, dirname, extname, join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Generation, GenerationStatus } from "../../gen/music/v1/generation_pb.ts";
import { OutputFormat, OutputFormatSchema } from "../../gen/music/v1/output_format_pb.ts";
import { exitCode } from "../base/exit-codes.ts";
import { type ClientOptions, connect, stateOf, statusName, withClientOptions } from "./client.ts";
import { download } from "./download.ts";
import { createProgressView } from "./progress.ts";

type Service = ReturnType<typeof connect>;

/** A whole number of seconds from the command line. */
export function wholeSeconds(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds > 0) return seconds;
  throw new InvalidArgumentError("It should be a whole number of seconds, above 0.");
}

/** A whole number, not negative, from the command line. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError("It should be a whole number.");
}

/** Collects the values of an option that may come more than once. */
export function repeated(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

/** Shows the job until it has ended, asking for it to be cancelled at the first Ctrl-C. */
async function follow(
  service: Service,
  options: ClientOptions,
  job: Generation,
): Promise<Generation> {
  const view = createProgressView(process.stderr);
  const cancel = () => {
    const request = { organizationId: options.organization, jobId: job.id };
    service.cancelGeneration(request).catch(() => process.exit(exitCode("interrupted")));
  };
  process.once("SIGINT", cancel);
  let latest = job;
  try {
    const request = { organizationId: options.organization, jobId: job.id };
    for await (const state of service.watchGeneration(request)) {
      latest = state;
      view.show(stateOf(state));
    }
  } finally {
    view.end();
    process.off("SIGINT", cancel);
  }
  return latest;
}

/** Says how the job ended and gives the exit code: a track, or a failure. */
async function conclude(
  service: Service,
  { organization, out }: ClientOptions & { readonly out?: string },
  job: Generation,
): Promise<void> {
  if (job.status === GenerationStatus.SUCCEEDED && job.track) {
    const { id, playbackUrl } = job.track;
    if (out !== undefined) await download(playbackUrl, out);
    console.log(out ?? playbackUrl);
    if (job.stems) await giveStems(service, { organizationId: organization, trackId: id }, out);
    return;
  }
  const reason = job.errorMessage ?? job.refusalReason;
  console.error(`The job ended as ${statusName(job.status)}.${reason ? ` ${reason}` : ""}`);
  process.exitCode = exitCode("failed");
}

/** Puts the stems beside `out`, under its name, or shows their URLs. */
async function giveStems(
  service: Service,
  request: { readonly organizationId: string; readonly trackId: string },
  out: string | undefined,
): Promise<void> {
  const { stemUrls } = await service.getTrack(request);
  const beside = out && join(dirname(out), basename(out, extname(out)));
  for (const [name, url] of Object.entries(stemUrls)) {
    const path = beside && `${beside}-${name}.flac`;
    if (path !== undefined) await download(url, path);
    console.log(path ?? url);
  }
}

interface GenerateOptions extends ClientOptions {
  readonly seconds: number;
  readonly engine: string;
  readonly title?: string;
  readonly style: readonly string[];
  readonly seed?: number;
  readonly format?: string;
  readonly stems?: boolean;
  readonly out?: string;
}

const formats: Readonly<Record<string, OutputFormat>> = {
  mp3: OutputFormat.MP3,
  flac: OutputFormat.FLAC,
  wav: OutputFormat.WAV,
};

function formatName(format: OutputFormat): string {
  return OutputFormatSchema.value[format]?.localName.toLowerCase() ?? "unknown";
}

/** What was asked for by name; otherwise what the file's name ends with, if that is a format. */
function formatOf({ format, out = "" }: GenerateOptions): OutputFormat {
  const name = format ?? extname(out).slice(1).toLowerCase();
  return formats[name] ?? OutputFormat.UNSPECIFIED;
}

async function generate(prompt: string, options: GenerateOptions): Promise<void> {
  const service = connect(options);
  const job = await service.createGeneration({
    organizationId: options.organization,
    engine: options.engine,
    prompt,
    durationSeconds: options.seconds,
    styleTags: [...options.style],
    outputFormat: formatOf(options),
    stems: options.stems ?? false,
    idempotencyKey: randomUUID(),
    ...(options.title !== undefined && { title: options.title }),
    ...(options.seed !== undefined && { seed: options.seed }),
  });
  console.error(`${job.id}`);
  await conclude(service, options, await follow(service, options, job));
}

async function watch(jobId: string, options: ClientOptions & { out?: string }): Promise<void> {
  const service = connect(options);
  const job = await service.getGeneration({ organizationId: options.organization, jobId });
  await conclude(service, options, await follow(service, options, job));
}

async function cancel(jobId: string, options: ClientOptions): Promise<void> {
  const request = { organizationId: options.organization, jobId };
  console.log(statusName((await connect(options).cancelGeneration(request)).status));
}

async function list(options: ClientOptions & { limit: number }): Promise<void> {
  const request = { organizationId: options.organization, limit: options.limit };
  for (const job of (await connect(options).listGenerations(request)).jobs) {
    const prompt = job.prompt.replaceAll(/\s+/g, " ").slice(0, 60);
    console.log(`${job.id}  ${statusName(job.status).padEnd(9)} ${job.progress} %  ${prompt}`);
  }
}

async function engines(options: ClientOptions): Promise<void> {
  const request = { organizationId: options.organization };
  for (const engine of (await connect(options).listEngines(request)).engines) {
    const { engineKey, name, maxDurationSeconds, outputFormats } = engine;
    const kinds = outputFormats.map(formatName).join(", ");
    console.log(`${engineKey}  ${name}, up to ${maxDurationSeconds} s, as ${kinds}`);
  }
}

/** Adds the commands to `program`. */
export function addJobCommands(program: Command): void {
  withClientOptions(program.command("generate <prompt>"))
    .description("Make a piece of music and wait for it")
    .option("--seconds <n>", "its length", wholeSeconds, 30)
    .option("--engine <key>", "who makes it", "studio")
    .option("--title <title>", "its title")
    .option("--style <tag>", "a style; may be given several times", repeated, [])
    .option("--seed <n>", "the same seed gives the same piece", wholeNumber)
    .addOption(
      new Option("--format <name>", "what kind of file (default: as --out ends, or mp3)").choices(
        Object.keys(formats),
      ),
    )
    .option("--stems", "the stems, too, beside the audio")
    .option("--out <file>", "where to put the audio")
    .action(generate);
  withClientOptions(program.command("watch <job-id>"))
    .description("Show a job until it has ended")
    .option("--out <file>", "where to put the audio")
    .action(watch);
  withClientOptions(program.command("cancel <job-id>")).description("Stop a job").action(cancel);
  withClientOptions(program.command("list"))
    .description("Your jobs, newest first")
    .option("--limit <n>", "how many", wholeNumber, 20)
    .action(list);
  withClientOptions(program.command("engines")).description("What can make music").action(engines);
}
