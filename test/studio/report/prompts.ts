/** A hundred prompts that name a key and a tempo, in many ways. */
import { pitchClass } from "../../../src/studio/compose/theory.ts";
import type { Style } from "../../../src/studio/style.ts";

export interface AskedPrompt {
  readonly text: string;
  readonly style: string;
  /** 0 is C. */
  readonly tonic: number;
  readonly mode: "major" | "minor";
  readonly tempo: number;
}

const tonics = ["C", "G", "D", "A", "E", "F", "Bb", "Eb", "F#", "B", "Ab", "C#"];
const wordings: readonly ((style: string, key: string, bpm: number) => string)[] = [
  (style, key, bpm) => `${style} in ${key}, ${bpm} bpm`,
  (style, key, bpm) => `A dreamy ${style} piece at ${bpm}bpm in ${key}`,
  (style, key, bpm) => `${bpm} BPM ${style}, ${key}, for a rainy evening`,
  (style, key, bpm) => `Please make energetic ${style}; tempo: ${bpm}, key of ${key}.`,
  (style, key, bpm) => `${style} with a memorable melody, ${key} (${bpm} bpm)`,
];

/** `count` prompts that go through styles, keys, tempi within each style's range, and wordings. */
export function promptsFor(styles: readonly Style[], count: number): AskedPrompt[] {
  return Array.from({ length: count }, (_, index) => {
    const style = styles[index % styles.length]!;
    const tonic = tonics[(index * 7) % tonics.length]!;
    const isMinorStyle = style.modes.every(([mode]) => !["ionian", "mixolydian"].includes(mode));
    const mode = isMinorStyle || index % 2 === 1 ? "minor" : "major";
    const [low, high] = style.tempo;
    const tempo = Math.round(low + ((high - low) * ((index * 3) % 8)) / 7);
    const key = `${tonic} ${mode}`;
    return {
      text: wordings[index % wordings.length]!(style.name.toLowerCase(), key, tempo),
      style: style.key,
      tonic: pitchClass(tonic),
      mode,
      tempo,
    };
  });
}
