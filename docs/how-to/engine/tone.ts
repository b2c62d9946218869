/** A whole engine, as small as one can be: a tone whose pitch comes from the seed, as a WAV file. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import type {
  Engine,
  EngineDescription,
  EngineOutcome,
  EngineTask,
  GenerationRequest,
  Violation,
} from "../../../src/generations/engine.ts";

const description: EngineDescription = {
  key: "tone",
  name: "Tone",
  maxDurationSeconds: 60,
  modes: ["creation"],
  supportsSeedTracks: false,
  supportsVocals: false,
  supportsLyrics: false,
  supportsStems: false,
  supportedLanguages: [],
  outputFormats: ["wav"],
  licenceClass: "commercial_cleared",
  commercialUse: true,
  requiresAttribution: false,
};

const sampleRate = 44_100;
const headerBytes = 44;

/** The header of a WAV file with one channel of 16 bits. */
function header(samples: number): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  bytes.write("RIFF", 0, "latin1");
  bytes.writeUInt32LE(headerBytes - 8 + samples * 2, 4);
  bytes.write("WAVEfmt ", 8, "latin1");
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(sampleRate * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36, "latin1");
  bytes.writeUInt32LE(samples * 2, 40);
  return bytes;
}

/** One second of a sine of `hertz`, which goes on where the second before it ended. */
function secondOf(hertz: number, second: number): Buffer {
  const samples = new Int16Array(sampleRate);
  for (let n = 0; n < sampleRate; n += 1) {
    const seconds = second + n / sampleRate;
    samples[n] = 8_000 * Math.sin(2 * Math.PI * hertz * seconds);
  }
  return Buffer.from(samples.buffer);
}

function check({ outputFormat }: GenerationRequest): readonly Violation[] {
  if (outputFormat === "wav") return [];
  return [{ field: "output_format", rule: "engine.output_format", message: "must be wav" }];
}

async function run(task: EngineTask): Promise<EngineOutcome> {
  const { durationSeconds, title } = task.request;
  const path = join(await task.workspace(), "tone.wav");
  const hertz = 110 + (task.seed % 770);
  await using file = await open(path, "w");
  await file.write(header(durationSeconds * sampleRate));
  for (let second = 0; second < durationSeconds; second += 1) {
    if (task.signal.aborted) return { kind: "stopped", at: `second ${second}`, checkpoint: null };
    await file.write(secondOf(hertz, second));
    const percent = Math.floor((100 * (second + 1)) / durationSeconds);
    task.onProgress({ percent, phase: "render", message: `Second ${second + 1}` });
  }
  return {
    kind: "finished",
    master: { path, mimeType: "audio/wav", extension: "wav" },
    extras: [],
    stemGainDb: null,
    measuredDurationSeconds: durationSeconds,
    title: title ?? `${hertz} Hz`,
    instrumental: true,
  };
}

export const toneEngine: Engine = {
  description,
  check,
  run,
  start: async () => {},
  stop: async () => {},
};
