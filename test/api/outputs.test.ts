/** What real jobs give: the kinds of audio file, fetched by their URLs as people do and decoded again. */
import { beforeAll, expect, it, vi } from "vitest";
import { decodeAudio } from "../support/audio.ts";
import { RestClient } from "../support/rest-client.ts";
import { startTestService } from "../support/service.ts";

vi.setConfig({ testTimeout: 120_000 });

const service = await startTestService();
let rest: RestClient;

beforeAll(async () => {
  rest = new RestClient(service.url, "org_a", await service.key("org_a", "user_1"));
});

const song = { prompt: "folk in C major", duration_seconds: 3, seed: 9, title: "Träume" };

/** Makes the song as such a file and fetches it. */
async function made(output_format: string | undefined) {
  const job = await rest.make({ ...song, ...(output_format && { output_format }) });
  const response = await fetch(String(job.playback_url));
  const bytes = new Uint8Array(await response.arrayBuffer());
  const mimeType = response.headers.get("content-type") ?? "";
  return { job, response, bytes, mimeType, audio: await decodeAudio(bytes, mimeType) };
}

/** The mean square of the difference against that of `a`, in dB. */
function differenceDb(a: Float32Array, b: Float32Array): number {
  let [power, error] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    power += a[i]! ** 2;
    error += (a[i]! - b[i]!) ** 2;
  }
  return 10 * Math.log10(error / power);
}

it("the kinds of file are the same music, under their own names and types", async () => {
  const mp3 = await made(undefined);
  const flac = await made("flac");
  const wav = await made("wav");
  const kinds = { mp3, flac, wav };
  const types = { mp3: "audio/mpeg", flac: "audio/flac", wav: "audio/wav" };
  for (const kind of ["mp3", "flac", "wav"] as const) {
    const { job, response, mimeType, audio } = kinds[kind];
    expect([job["output_format"], mimeType]).toEqual([kind, types[kind]]);
    expect(job["track"]).toMatchObject({ mime_type: mimeType, measured_duration_seconds: 3 });
    expect(response.headers.get("content-disposition")).toBe(
      `inline; filename="Traume.${kind}"; filename*=UTF-8''Tr%C3%A4ume.${kind}`,
    );
    expect([audio.left.length, audio.right.length]).toEqual([132_300, 132_300]);
  }
  expect(wav.audio).toEqual(flac.audio);
  expect(differenceDb(flac.audio.left, mp3.audio.left)).toBeLessThan(-20);
  const range = { headers: { range: "bytes=0-3" } };
  const start = await fetch(String(flac.job.playback_url), range);
  expect([start.status, await start.text()]).toEqual([206, "fLaC"]);
});

it("a format that does not exist is a fault of its field", async () => {
  expect(await rest.faults({ ...song, output_format: "ogg" })).toEqual(["output_format"]);
});

it("the engine says which there are", async () => {
  const { engines } = await rest.call<{ engines: unknown[] }>("GET", "/engines");
  expect(engines).toMatchObject([{ engine_key: "studio", output_formats: ["mp3", "flac", "wav"] }]);
});
