/** `play`: a track through the speakers, by whatever player this machine has. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";
import { type Command, Option } from "commander";
import { GenerationStatus } from "../../gen/music/v1/generation_pb.ts";
import { type ClientOptions, connect, type Service, withClientOptions } from "./client.ts";
import { download } from "./download.ts";
import { CommandError } from "./exits.ts";
import { note, type OutputOptions, withExamples } from "./output.ts";

interface Player {
  readonly command: string;
  /** What comes before the file. */
  readonly args: readonly string[];
}

/** Best first; each plays MP3, FLAC and WAV, and ends when the track does. */
const players: readonly Player[] = [
  { command: "mpv", args: ["--no-video", "--really-quiet", "--"] },
  { command: "ffplay", args: ["-nodisp", "-autoexit", "-loglevel", "error"] },
  { command: "afplay", args: [] },
  { command: "cvlc", args: ["--play-and-exit", "--quiet"] },
  { command: "paplay", args: [] },
];

interface PlayOptions extends ClientOptions, OutputOptions {
  readonly player?: string;
}

interface Playable {
  readonly title: string;
  readonly mimeType: string;
  readonly playbackUrl: string;
}

/** The track that `id` names, as itself or by its job; the newest one without it. */
async function find(service: Service, options: PlayOptions, id?: string): Promise<Playable> {
  const organizationId = options.organization;
  if (id?.startsWith("mtrack_")) return await service.getTrack({ organizationId, trackId: id });
  const jobId = id ?? (await newestJob(service, organizationId));
  const { track, status } = await service.getGeneration({ organizationId, jobId });
  if (track) return track;
  const advice =
    status === GenerationStatus.QUEUED || status === GenerationStatus.RUNNING
      ? `It is not ready yet: wait for it with \`watch ${jobId}\`.`
      : `See why with \`get ${jobId}\`.`;
  throw new CommandError("failed", `${jobId} has no track. ${advice}`);
}

async function newestJob(service: Service, organizationId: string): Promise<string> {
  const request = { organizationId, status: GenerationStatus.SUCCEEDED, limit: 1 };
  const [job] = (await service.listGenerations(request)).jobs;
  if (job) return job.id;
  throw new CommandError("failed", "There is no track yet. Make one with `generate`.");
}

/** The player that was asked for, or the first that is on PATH. */
async function choosePlayer(named: string | undefined, url: string): Promise<Player> {
  if (named !== undefined) {
    const [command = "", ...args] = named.split(/\s+/);
    return { command, args: players.find((each) => each.command === named)?.args ?? args };
  }
  for (const player of players) if (await isOnPath(player.command)) return player;
  const names = players.map(({ command }) => command).join(", ");
  throw new CommandError(
    "failed",
    `No player was found; looked for ${names}. Install one (such as mpv), name one with --player, ` +
      `or open this in a browser:\n${url}`,
  );
}

async function isOnPath(command: string): Promise<boolean> {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(isAbsolute);
  const tries = folders.map((folder) => access(join(folder, command), constants.X_OK));
  return await Promise.any(tries).then(
    () => true,
    () => false,
  );
}

async function run({ command, args }: Player, file: string): Promise<void> {
  const child = spawn(command, [...args, file], { stdio: ["inherit", "ignore", "inherit"] });
  const [code] = await once(child, "exit").catch(() => {
    throw new CommandError("usage", `${command} could not be started; is it installed?`);
  });
  if (code !== 0) throw new CommandError("failed", `${command} could not play it.`);
}

const extensions: Readonly<Record<string, string>> = {
  "audio/mpeg": "mp3",
  "audio/flac": "flac",
  "audio/wav": "wav",
};

async function play(id: string | undefined, options: PlayOptions): Promise<void> {
  const track = await find(connect(options), options, id);
  const player = await choosePlayer(options.player, track.playbackUrl);
  // A file, since not every player reads a URL.
  const folder = await mkdtemp(join(tmpdir(), "music-play-"));
  try {
    const file = join(folder, `track.${extensions[track.mimeType] ?? "audio"}`);
    await download(track.playbackUrl, file);
    note(`“${track.title}” by ${player.command}`, options);
    await run(player, file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Adds the command to `program`. */
export function addPlayCommand(program: Command): void {
  const command = withClientOptions(program.command("play [id]"))
    .description("Play the track of a job, a track, or the newest one")
    .addOption(new Option("--player <command>", "what plays it").env("MUSIC_PLAYER"))
    .option("-q, --quiet", "say nothing")
    .action(play);
  withExamples(command, "music play", 'music play "$JOB" --player "ffplay -nodisp -autoexit"');
}
