/** What real jobs give: kinds of audio file, stems, score and waveform, fetched by their URLs and read again. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BasicMIDI } from "spessasynth_core";
import { beforeAll, expect, it, vi } from "vitest";
import { type Control, Stopped } from "../../src/studio/control.ts";
import type { Stereo } from "../../src/studio/dsp/state.ts";
import { readChunks } from "../../src/studio/production/premaster.ts";
import { type PieceRequest, produce } from "../../src/studio/production/produce.ts";
import { signalCount } from "../../src/studio/production/render.ts";
import { loadSoundBank } from "../../src/studio/render/sound-bank.ts";
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
  expect(engines).toMatchObject([{ supports_stems: true }]);
});

/** The mix before mastering, as the studio leaves it on disk when it is stopped there. */
async function premasterOf(request: PieceRequest): Promise<Stereo> {
  const folder = mkdtempSync(join(tmpdir(), "premaster-"));
  let isRendered = false;
  const control: Control = {
    checkpoint: (place) => {
      if (isRendered) throw new Stopped(place);
    },
  };
  try {
    const stopped = await produce({
      bank: await loadSoundBank(),
      request,
      folder,
      resume: null,
      control,
      onProgress: ({ phase }) => {
        isRendered = phase === "master";
      },
    });
    if (stopped.kind !== "stopped") throw new Error("nothing stopped it");
    // A block holds until the next is asked for.
    const blocks = Array.from(
      readChunks(folder, stopped.totalChunks, signalCount(true)),
      ({ left, right }) => ({ left: left.slice(), right: right.slice() }),
    );
    const side = (of: keyof Stereo) => Float32Array.from(blocks.flatMap((each) => [...each[of]]));
    return { left: side("left"), right: side("right") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fetched(url: unknown) {
  const response = await fetch(String(url));
  const bytes = new Uint8Array(await response.arrayBuffer());
  const { status, headers } = response;
  return {
    status,
    type: headers.get("content-type"),
    disposition: headers.get("content-disposition"),
    bytes,
  };
}

interface TrackBody {
  readonly id: string;
  readonly stem_urls: Readonly<Record<string, string>>;
  readonly midi_url: string;
  readonly waveform_url: string;
  readonly stem_gain_db: number | null;
}

it("stems add up to the mix, beside the score and the waveform, and go with the track", async () => {
  const request = { ...song, title: "Six" };
  const job = await rest.make({ ...request, output_format: "wav", stems: true });
  expect(job).toMatchObject({ stems: true });
  const track = (await rest.track(String(job.result_track_id))) as unknown as TrackBody;
  expect(Object.keys(track.stem_urls)).toEqual(["drums", "bass", "harmony", "melody", "effects"]);
  const { prompt, duration_seconds, seed, title } = request;
  const piece = { prompt, styleTags: [], durationSeconds: duration_seconds, seed, title };
  const mix = await premasterOf({ ...piece, outputs: { stems: true } });
  const sum = { left: new Float32Array(132_300), right: new Float32Array(132_300) };
  for (const [name, url] of Object.entries(track.stem_urls)) {
    const { type, disposition, bytes } = await fetched(url);
    expect([type, disposition]).toEqual(["audio/flac", `inline; filename="Six (${name}).flac"`]);
    const { left, right } = await decodeAudio(bytes, "audio/flac");
    expect(left.length).toBe(132_300);
    for (let i = 0; i < left.length; i++) {
      sum.left[i] = sum.left[i]! + left[i]!;
      sum.right[i] = sum.right[i]! + right[i]!;
    }
  }
  const gain = 10 ** ((track.stem_gain_db ?? NaN) / 20);
  const scaled = { left: mix.left.map((v) => v * gain), right: mix.right.map((v) => v * gain) };
  expect(differenceDb(scaled.left, sum.left)).toBeLessThan(-90);
  expect(differenceDb(scaled.right, sum.right)).toBeLessThan(-90);
  await rest.call("DELETE", `/tracks/${track.id}`);
  for (const url of [...Object.values(track.stem_urls), track.midi_url, track.waveform_url]) {
    expect((await fetched(url)).status).toBe(404);
  }
});

it("every track has its score and its waveform, and no stems unless they are asked for", async () => {
  const job = await rest.make({ ...song, output_format: "wav" });
  const track = (await rest.track(String(job.result_track_id))) as unknown as TrackBody;
  expect([job["stems"], track.stem_urls, track.stem_gain_db]).toEqual([false, {}, null]);
  const score = await fetched(track.midi_url);
  expect([score.type, score.disposition]).toEqual([
    "audio/midi",
    `inline; filename="Traume.mid"; filename*=UTF-8''Tr%C3%A4ume.mid`,
  ]);
  const midi = BasicMIDI.fromArrayBuffer(score.bytes.buffer as ArrayBuffer);
  expect(midi.duration).toBeGreaterThan(1);
  expect(midi.duration).toBeLessThan(4);
  const { type, bytes } = await fetched(track.waveform_url);
  expect(type).toBe("application/json");
  const waveform = JSON.parse(Buffer.from(bytes).toString()) as {
    length: number;
    samples_per_pixel: number;
    data: number[];
  };
  const { bytes: master } = await fetched(job.playback_url);
  const { left, right } = await decodeAudio(master, "audio/wav");
  const step = waveform.samples_per_pixel;
  expect(waveform.data).toHaveLength(2 * Math.ceil(left.length / step));
  for (let at = 0; at < waveform.length; at++) {
    const both = [left, right].flatMap((side) => [...side.subarray(at * step, (at + 1) * step)]);
    expect(waveform.data[2 * at]! / 127).toBeCloseTo(Math.min(0, ...both), 1.9);
    expect(waveform.data[2 * at + 1]! / 127).toBeCloseTo(Math.max(0, ...both), 1.9);
  }
});
