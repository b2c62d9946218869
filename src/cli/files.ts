/** Where the files of a track go: the audio to the file that was named, the stems beside it. */
import { basename, dirname, extname, join } from "node:path";
import type { Generation } from "../../gen/music/v1/generation_pb.ts";
import type { ClientOptions, Service } from "./client.ts";
import { download } from "./download.ts";

export interface FileOptions extends ClientOptions {
  readonly out?: string;
}

/** Fetches what the job made, where a file is named; returns the paths, or the URLs that were not fetched. */
export async function giveFiles(
  service: Service,
  { organization, out }: FileOptions,
  job: Generation,
): Promise<readonly string[]> {
  const { track } = job;
  if (track === undefined) return [];
  const audio = await give(track.playbackUrl, out);
  if (!job.stems) return [audio];
  const request = { organizationId: organization, trackId: track.id };
  const { stemUrls } = await service.getTrack(request);
  const beside = out && join(dirname(out), basename(out, extname(out)));
  const given = [audio];
  for (const [name, url] of Object.entries(stemUrls)) {
    given.push(await give(url, beside && `${beside}-${name}.flac`));
  }
  return given;
}

async function give(url: string, path: string | undefined): Promise<string> {
  if (path === undefined) return url;
  await download(url, path);
  return path;
}
