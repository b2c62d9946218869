/** What prompts are understood to ask for. */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { leadPrograms } from "../../src/studio/prompt/instruments.ts";
import { interpret } from "../../src/studio/prompt/interpret.ts";
import { loadSoundBank } from "../../src/studio/render/sound-bank.ts";
import { styles } from "../../src/studio/styles.ts";

const seeds = [1, 2, 3, 4, 5];

describe("style", () => {
  test.each([
    ["lofi beats to study to", "lofi"],
    ["chill lo-fi hip-hop, rainy evening", "lofi"],
    ["Epic orchestral trailer", "cinematic"],
    ["ambient soundscape for meditation", "ambient"],
    ["deep house for the club", "house"],
    ["energetic EDM banger", "house"],
    ["smoky jazz trio", "jazz"],
    ["acoustic folk by the campfire", "folk"],
    ["80s synthwave night drive", "synthwave"],
    ["a tender piano ballad", "piano"],
  ])("%s", (prompt, style) => {
    for (const seed of seeds) expect(interpret(prompt, [], seed).style.key).toBe(style);
  });

  it("is taken from a tag rather than from prose", () => {
    expect(interpret("orchestral strings", ["jazz"], 1).style.key).toBe("jazz");
  });

  it("is not one that the prompt declines", () => {
    expect(interpret("not jazz, ambient", [], 1).style.key).toBe("ambient");
  });

  it("is by the seed when no word names one", () => {
    const chosen = new Set(
      Array.from({ length: 60 }, (_, seed) => interpret("🦊", [], seed).style.key),
    );
    expect(chosen.size).toBeGreaterThanOrEqual(5);
  });

  it("comes in at least four kinds, each with its own file's key", () => {
    const keys = styles.map((style) => style.key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.length).toBeGreaterThanOrEqual(4);
  });
});

describe("tempo", () => {
  test.each([
    ["lofi at 92 bpm", 92],
    ["140BPM techno", 140],
    ["slow jazz, tempo: 63", 63],
    ["house, 124.5 bpm", 124.5],
    ["500 bpm madness", 220],
    ["15 bpm drone", 40],
  ])("%s is exactly %d", (prompt, bpm) => {
    expect(interpret(prompt, [], 1).tempo).toEqual({ bpm, exact: true });
  });

  it("is lower for slow than for fast, in every style and for every seed", () => {
    for (const style of styles) {
      for (const seed of seeds) {
        const slow = interpret(`slow ${style.key}`, [style.key], seed).tempo.bpm;
        const fast = interpret(`fast ${style.key}`, [style.key], seed).tempo.bpm;
        expect(slow).toBeLessThan(style.tempo[0] * 1.0001);
        expect(fast).toBeGreaterThan(slow);
      }
    }
  });

  it("follows Italian words", () => {
    expect(interpret("piano, largo", [], 1).tempo.bpm).toBeLessThan(60);
    expect(interpret("piano, presto", [], 1).tempo.bpm).toBeGreaterThan(170);
  });

  it("lies in the style's range when nothing names it", () => {
    for (const style of styles) {
      const { tempo } = interpret(style.key, [style.key], 3);
      expect(tempo.bpm).toBeGreaterThanOrEqual(style.tempo[0] * 0.85);
      expect(tempo.bpm).toBeLessThanOrEqual(style.tempo[1] * 1.15);
      expect(tempo.exact).toBe(false);
    }
  });
});

describe("key", () => {
  test.each([
    ["lofi in D minor", "D", "aeolian"],
    ["F# major house", "F#", "ionian"],
    ["something in b flat major", "Bb", "ionian"],
    ["Eb dorian jazz", "Eb", "dorian"],
    ["c-sharp minor nocturne", "C#", "aeolian"],
    ["ambient, A♭ lydian", "Ab", "lydian"],
    ["piano in a minor", "A", "aeolian"],
    ["key of G mixolydian folk", "G", "mixolydian"],
    ["trap in F#m", "F#", "aeolian"],
    ["Sonate in c-moll", "C", "aeolian"],
  ])("%s", (prompt, tonic, mode) => {
    for (const seed of seeds) expect(interpret(prompt, [], seed).key).toEqual({ tonic, mode });
  });

  it("takes an article for an article", () => {
    const keys = seeds.map(
      (seed) => interpret("a major breakthrough for a minor hero", [], seed).key,
    );
    expect(new Set(keys.map((key) => key.tonic)).size).toBeGreaterThan(1);
  });

  it("takes a mode alone", () => {
    for (const seed of seeds) {
      expect(interpret("lydian ambient", [], seed).key.mode).toBe("lydian");
      expect(interpret("house in a minor key", [], seed).key.mode).toBe("aeolian");
    }
  });
});

describe("mood and instruments", () => {
  it("makes sad music minor and happy music major", () => {
    const major = ["ionian", "lydian", "mixolydian"];
    for (const seed of seeds) {
      expect(major).not.toContain(interpret("sad cinematic", [], seed).key.mode);
      expect(major).toContain(interpret("happy cinematic", [], seed).key.mode);
    }
  });

  it("names the mood, and leaves energy to it", () => {
    expect(interpret("energetic workout house", [], 1)).toMatchObject({ mood: "energetic" });
    expect(interpret("energetic house", [], 1).energyShift).toBeGreaterThan(0);
    expect(interpret("calm house", [], 1).energyShift).toBeLessThan(0);
    expect(interpret("house", [], 1)).toMatchObject({ mood: null, energyShift: 0 });
  });

  it("leaves out the drums when asked", () => {
    const roles = (prompt: string) => interpret(prompt, [], 1).style.parts.map((part) => part.role);
    expect(roles("lofi")).toContain("drums");
    expect(roles("lofi without drums")).not.toContain("drums");
    expect(roles("lofi, no drums please")).not.toContain("drums");
  });

  it("gives the tune to the instrument that is asked for", () => {
    const tunes = interpret("ambient with a cello", [], 1).style.parts.filter(
      (part) => part.role === "melody",
    );
    expect(tunes.map((part) => part.channel.program)).toEqual(tunes.map(() => 42));
  });
});

it("understands any text at all as something", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 300 }),
      fc.array(fc.string({ unit: "grapheme", maxLength: 30 }), { maxLength: 4 }),
      fc.nat(),
      (prompt, tags, seed) => {
        const { style, tempo } = interpret(prompt, tags, seed);
        expect(style.parts.length).toBeGreaterThan(0);
        expect(tempo.bpm).toBeGreaterThanOrEqual(40);
        expect(tempo.bpm).toBeLessThanOrEqual(220);
        expect(interpret(prompt, tags, seed)).toEqual(interpret(prompt, tags, seed));
      },
    ),
    { numRuns: 200 },
  );
});

it("asks only for instruments that the SoundFont has", async () => {
  const bank = await loadSoundBank();
  const leads = Object.keys(leadPrograms).map((word) => interpret(`${word} solo`, [], 1).style);
  for (const part of [...styles, ...leads].flatMap((style) => style.parts)) {
    const isDrums = part.role === "drums";
    const has = bank.presets.some(
      (preset) => preset.program === part.channel.program && preset.isGMGSDrum === isDrums,
    );
    expect(has, `${part.role} ${part.channel.program}`).toBe(true);
  }
});
