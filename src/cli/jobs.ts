/** `get`, `list`, `cancel` and `engines`: questions to a running service, answered at once. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { EngineSchema } from "../../gen/music/v1/engine_pb.ts";
import {
  type Generation,
  GenerationStatus,
  GenerationStatusSchema,
} from "../../gen/music/v1/generation_pb.ts";
import { TrackSchema } from "../../gen/music/v1/track_pb.ts";
import { enumNames } from "../gateway/enum-names.ts";
import { wholeNumber } from "./arguments.ts";
import { type ClientOptions, connect, withClientOptions } from "./client.ts";
import { formatName, jobJson, jobRows, statusName, toJson, trackRows } from "./job-text.ts";
import {
  note,
  type OutputOptions,
  print,
  printTable,
  withExamples,
  withOutputOptions,
} from "./output.ts";
import { timestampText } from "./time-text.ts";

type Options = ClientOptions & OutputOptions;

async function get(id: string, options: Options): Promise<void> {
  const service = connect(options);
  const organizationId = options.organization;
  if (id.startsWith("mtrack_")) {
    const track = await service.getTrack({ organizationId, trackId: id });
    if (options.json) return print(toJson(TrackSchema, track));
    return printTable([], trackRows(track));
  }
  const job = await service.getGeneration({ organizationId, jobId: id });
  if (options.json) return print(jobJson(job));
  printTable([], jobRows(job));
}

interface ListOptions extends Options {
  readonly limit: number;
  readonly status: GenerationStatus;
}

/** The newest jobs, page by page. */
async function newest(options: ListOptions): Promise<readonly Generation[]> {
  const service = connect(options);
  const found: Generation[] = [];
  for (let pageToken: string | undefined; found.length < options.limit; ) {
    const page = await service.listGenerations({
      organizationId: options.organization,
      status: options.status,
      limit: Math.min(100, options.limit - found.length),
      ...(pageToken !== undefined && { pageToken }),
    });
    found.push(...page.jobs);
    pageToken = page.nextPageToken;
    if (pageToken === undefined) break;
  }
  return found;
}

async function list(options: ListOptions): Promise<void> {
  const jobs = await newest(options);
  if (options.json) return print(`[${jobs.map(jobJson).join(",")}]`);
  if (options.quiet) return jobs.forEach((job) => void print(job.id));
  const rows = jobs.map((job) => [
    job.id,
    statusName(job.status),
    `${job.progress} %`,
    timestampText(job.createdAt),
    job.prompt.replaceAll(/\s+/g, " ").slice(0, 60),
  ]);
  printTable(["ID", "STATUS", "DONE", "CREATED", "PROMPT"], rows);
}

async function cancel(jobId: string, options: Options & { wait: number }): Promise<void> {
  const { organization: organizationId, wait: waitSeconds } = options;
  const job = await connect(options).cancelGeneration({ organizationId, jobId, waitSeconds });
  print(options.json ? jobJson(job) : statusName(job.status));
  if (job.status === GenerationStatus.RUNNING) {
    note("It was asked to stop, and will at its next checkpoint.", options);
  }
}

async function engines(options: Options): Promise<void> {
  const request = { organizationId: options.organization };
  const { engines: found } = await connect(options).listEngines(request);
  if (options.json) {
    return print(`[${found.map((engine) => toJson(EngineSchema, engine)).join(",")}]`);
  }
  if (options.quiet) return found.forEach((engine) => void print(engine.engineKey));
  const rows = found.map((engine) => [
    engine.engineKey,
    engine.name,
    `${engine.maxDurationSeconds} s`,
    engine.outputFormats.map(formatName).join(" "),
    engine.supportsStems ? "yes" : "no",
  ]);
  printTable(["ENGINE", "NAME", "LONGEST", "FORMATS", "STEMS"], rows);
}

const { bare: statuses, numberOf } = enumNames(GenerationStatusSchema);

function oneOfStatuses(text: string): GenerationStatus {
  const number = statuses.includes(text) ? numberOf(text) : undefined;
  if (number !== undefined) return number as GenerationStatus;
  throw new InvalidArgumentError(`It should be one of ${statuses.join(", ")}.`);
}

/** Adds the commands to `program`. */
export function addJobCommands(program: Command): void {
  const getting = withClientOptions(program.command("get <id>"))
    .description("What is known of a job or a track")
    .action(get);
  withOutputOptions(getting, "print it as REST answers it");
  withExamples(getting, 'music get "$JOB"', 'music get "$JOB" --json', 'music get "$TRACK"');

  const status = new Option("--status <status>", "only those in this state")
    .argParser(oneOfStatuses)
    .default(GenerationStatus.UNSPECIFIED, "all of them");
  const listing = withClientOptions(program.command("list"))
    .description("Your jobs, newest first")
    .option("--limit <n>", "how many at most", wholeNumber, 20)
    .addOption(status)
    .action(list);
  withOutputOptions(listing, "print an array of them, as REST answers them", "only their ids");
  withExamples(listing, "music list --status succeeded --limit 5", "music list --quiet");

  const cancelling = withClientOptions(program.command("cancel <job-id>"))
    .description("Stop a job; one that has ended stays as it is")
    .option("--wait <seconds>", "how long to wait for it to stop, at most 30", wholeNumber, 1)
    .action(cancel);
  withOutputOptions(cancelling, "print the job as REST answers it", "only the state");
  withExamples(cancelling, 'music cancel "$JOB" --wait 10');

  const asking = withClientOptions(program.command("engines"))
    .description("What can make music here")
    .action(engines);
  withOutputOptions(asking, "print an array of them, as REST answers them", "only their keys");
  withExamples(asking, "music engines", "music engines --json");
}
