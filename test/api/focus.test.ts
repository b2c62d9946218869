/** Music to work by, over the whole service: its segments while it is made, and all of it when it is done. */
import { beforeAll, expect, it, vi } from "vitest";
import type { Stereo } from "../../src/studio/dsp/state.ts";
import { decodeAudio } from "../support/audio.ts";
import { type JobBody, RestClient } from "../support/rest-client.ts";
import { startTestService } from "../support/service.ts";

vi.setConfig({ testTimeout: 240_000 });

const service = await startTestService();
let rest: RestClient;

beforeAll(async () => {
  rest = new RestClient(service.url, "org_a", await service.key("org_a", "user_1"));
});

interface SegmentBody {
  readonly index: number;
  readonly start_seconds: number;
  readonly duration_seconds: number;
  readonly mime_type: string;
  readonly playback_url: string;
}

function segmentsOf(job: JobBody): readonly SegmentBody[] {
  return job["segments"] as readonly SegmentBody[];
}

const focus = { prompt: "ambient for deep work", mode: "focus", seed: 3 };

async function heard(url: unknown): Promise<Stereo> {
  const response = await fetch(String(url));
  expect(response.status).toBe(200);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return decodeAudio(bytes, response.headers.get("content-type") ?? "");
}

function joined(parts: readonly Stereo[]): Stereo {
  const side = (of: keyof Stereo) => Float32Array.from(parts.flatMap((part) => [...part[of]]));
  return { left: side("left"), right: side("right") };
}

it("who watches can play the first segment while later ones are made, and after a cancel", async () => {
  const { id } = await rest.create({ ...focus, duration_seconds: 600 });
  const seen = await rest.watchUntil(id, (job) => segmentsOf(job).length > 0);
  expect(seen).toMatchObject({ status: "running", mode: "focus", track: null });
  const [first] = segmentsOf(seen);
  expect(first).toMatchObject({ index: 0, start_seconds: 0, mime_type: "audio/mpeg" });
  const { left } = await heard(first?.playback_url);
  expect(left.length / 44_100).toBeCloseTo(first?.duration_seconds ?? 0, 3);
  const loudest = left.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(loudest).toBeGreaterThan(0.1);
  await rest.call("POST", `/generations/${id}/cancel`);
  const ended = await rest.ended(id);
  expect(ended.status).toBe("cancelled");
  expect(segmentsOf(ended).length).toBeLessThan(10);
  const url = segmentsOf(ended)[0]?.playback_url ?? "";
  expect((await heard(url)).left.length).toBe(left.length);
  const list = await rest.call<{ jobs: JobBody[] }>("GET", "/generations");
  expect(list.jobs.map(segmentsOf)).toEqual([[]]);
  await rest.call("DELETE", `/generations/${id}`);
  expect((await fetch(url)).status).toBe(404);
});

it("segments one after the other are the track, sample by sample", async () => {
  const job = await rest.make({ ...focus, duration_seconds: 75, output_format: "flac" });
  const segments = segmentsOf(job);
  expect(segments.length).toBeGreaterThan(1);
  let at = 0;
  for (const [place, { index, start_seconds, duration_seconds, mime_type }] of segments.entries()) {
    expect([index, mime_type]).toEqual([place, "audio/flac"]);
    expect(start_seconds).toBeCloseTo(at, 6);
    at = start_seconds + duration_seconds;
  }
  expect(at).toBeCloseTo(75, 6);
  const parts: Stereo[] = [];
  for (const { playback_url } of segments) parts.push(await heard(playback_url));
  const whole = await heard(job.playback_url);
  const together = joined(parts);
  expect(together.left.length).toBe(75 * 44_100);
  for (const side of ["left", "right"] as const) {
    expect(together[side].findIndex((value, i) => value !== whole[side][i])).toBe(-1);
  }
  await rest.call("DELETE", `/tracks/${job.result_track_id}`);
  expect(segmentsOf(await rest.job(job.id))).toEqual([]);
  for (const { playback_url } of segments) expect((await fetch(playback_url)).status).toBe(404);
});

it("a track with a form has no segments, and the engine says which modes there are", async () => {
  const job = await rest.make({ prompt: "ambient", duration_seconds: 1 });
  expect(segmentsOf(job)).toEqual([]);
  const { engines } = await rest.call<{ engines: unknown[] }>("GET", "/engines");
  expect(engines).toMatchObject([{ modes: ["creation", "focus"] }]);
});
