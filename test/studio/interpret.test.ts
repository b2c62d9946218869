/** What prompts are understood to ask for. */
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { compose } from "../../src/studio/compose/compose.ts";
import { instruments } from "../../src/studio/prompt/instrument-table.ts";
import { interpret } from "../../src/studio/prompt/interpret.ts";
import { reportOf } from "../../src/studio/prompt/report.ts";
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
    ["hard rock anthem with distorted guitar", "rock"],
    ["funky slap bass groove", "funk"],
    ["dark trap beat with 808s", "hiphop"],
    ["liquid drum and bass", "drumandbass"],
    ["Berlin warehouse techno", "techno"],
    ["bossa nova on the beach", "bossa"],
    ["roots reggae, one drop", "reggae"],
    ["a Viennese waltz", "waltz"],
    ["bluegrass with banjo and fiddle", "country"],
    ["70s disco under the mirrorball", "disco"],
    ["gospel with hammond organ", "soul"],
    ["8-bit chiptune for a platformer", "chiptune"],
    ["salsa from Havana", "latin"],
    ["boom bap, lofi hip hop", "lofi"],
  ])("%s", (prompt, style) => {
    for (const seed of seeds)
      expect(interpret({ prompt: prompt, styleTags: [] }, seed).style.key).toBe(style);
  });

  it("is taken from a tag rather than from prose", () => {
    expect(interpret({ prompt: "orchestral strings", styleTags: ["jazz"] }, 1).style.key).toBe(
      "jazz",
    );
  });

  it("is not one that the prompt declines", () => {
    expect(interpret({ prompt: "not jazz, ambient", styleTags: [] }, 1).style.key).toBe("ambient");
  });

  it("is by the seed when no word names one", () => {
    const chosen = new Set(
      Array.from(
        { length: 60 },
        (_, seed) => interpret({ prompt: "🦊", styleTags: [] }, seed).style.key,
      ),
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
    expect(interpret({ prompt: prompt, styleTags: [] }, 1).tempo).toEqual({ bpm, exact: true });
  });

  it("is lower for slow than for fast, in every style and for every seed", () => {
    for (const style of styles) {
      for (const seed of seeds) {
        const slow = interpret({ prompt: `slow ${style.key}`, styleTags: [style.key] }, seed).tempo
          .bpm;
        const fast = interpret({ prompt: `fast ${style.key}`, styleTags: [style.key] }, seed).tempo
          .bpm;
        expect(slow).toBeLessThan(style.tempo[0] * 1.0001);
        expect(fast).toBeGreaterThan(slow);
      }
    }
  });

  it("follows Italian words", () => {
    expect(interpret({ prompt: "piano, largo", styleTags: [] }, 1).tempo.bpm).toBeLessThan(60);
    expect(interpret({ prompt: "piano, presto", styleTags: [] }, 1).tempo.bpm).toBeGreaterThan(170);
  });

  it("lies in the style's range when nothing names it", () => {
    for (const style of styles) {
      const { tempo } = interpret({ prompt: style.key, styleTags: [style.key] }, 3);
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
    for (const seed of seeds)
      expect(interpret({ prompt: prompt, styleTags: [] }, seed).key).toEqual({ tonic, mode });
  });

  it("takes an article for an article", () => {
    const keys = seeds.map(
      (seed) =>
        interpret({ prompt: "a major breakthrough for a minor hero", styleTags: [] }, seed).key,
    );
    expect(new Set(keys.map((key) => key.tonic)).size).toBeGreaterThan(1);
  });

  it("takes a mode alone", () => {
    for (const seed of seeds) {
      expect(interpret({ prompt: "lydian ambient", styleTags: [] }, seed).key.mode).toBe("lydian");
      expect(interpret({ prompt: "house in a minor key", styleTags: [] }, seed).key.mode).toBe(
        "aeolian",
      );
    }
  });
});

describe("mood and instruments", () => {
  it("makes sad music minor and happy music major", () => {
    const major = ["ionian", "lydian", "mixolydian"];
    for (const seed of seeds) {
      expect(major).not.toContain(
        interpret({ prompt: "sad cinematic", styleTags: [] }, seed).key.mode,
      );
      expect(major).toContain(
        interpret({ prompt: "happy cinematic", styleTags: [] }, seed).key.mode,
      );
    }
  });

  it("names the mood, and leaves energy to it", () => {
    expect(interpret({ prompt: "energetic workout house", styleTags: [] }, 1)).toMatchObject({
      mood: "energetic",
    });
    expect(interpret({ prompt: "energetic house", styleTags: [] }, 1).energyShift).toBeGreaterThan(
      0,
    );
    expect(interpret({ prompt: "calm house", styleTags: [] }, 1).energyShift).toBeLessThan(0);
    expect(interpret({ prompt: "house", styleTags: [] }, 1)).toMatchObject({
      mood: null,
      energyShift: 0,
    });
  });

  it("leaves out the drums when asked", () => {
    const roles = (prompt: string) =>
      interpret({ prompt: prompt, styleTags: [] }, 1).style.parts.map((part) => part.role);
    expect(roles("lofi")).toContain("drums");
    expect(roles("lofi without drums")).not.toContain("drums");
    expect(roles("lofi, no drums please")).not.toContain("drums");
  });

  it("gives the tune to the instrument that is asked for", () => {
    const tunes = interpret(
      { prompt: "ambient with a cello", styleTags: [] },
      1,
    ).style.parts.filter((part) => part.role === "melody");
    expect(tunes.map((part) => part.channel.program)).toEqual(tunes.map(() => 42));
  });
});

describe("metre", () => {
  test.each([
    ["folk in 3/4", "3/4"],
    ["rock in 6/8 time", "6/8"],
    ["jazz, 5/4, take it easy", "5/4"],
    ["house in 12/8", "6/8"],
    ["an Irish jig", "6/8"],
    ["a piano waltz", "3/4"],
    ["lofi, 24/7 radio", "4/4"],
    ["soul ballad", "6/8"],
    ["soul in 4/4", "4/4"],
  ])("%s", (prompt, metre) => {
    for (const seed of seeds) expect(interpret({ prompt, styleTags: [] }, seed).metre).toBe(metre);
  });
});

describe("energy and era", () => {
  it("takes levels and scales", () => {
    const energy = (prompt: string) => interpret({ prompt, styleTags: [] }, 1).energy;
    expect(energy("low-key lofi")).toBe("low");
    expect(energy("high energy techno")).toBe("high");
    expect(energy("house, energy 8/10")).toBe("high");
    expect(energy("house, energy: 2 out of 10")).toBe("low");
    expect(energy("house")).toBe("medium");
  });

  it("gives old recordings a narrow band and a worn tape", () => {
    const old = interpret({ prompt: "jazz from the 1930s", styleTags: [] }, 1);
    expect(old.era).toBe("1920s");
    expect(old.style.lowpass).toBeLessThan(6000);
    expect(old.style.tape?.dust).toBeGreaterThan(0.5);
    expect(interpret({ prompt: "jazz", styleTags: [] }, 1).style.lowpass).toBeUndefined();
  });
});

describe("instruments", () => {
  const partsOf = (prompt: string) => interpret({ prompt, styleTags: [] }, 1).style.parts;
  const programs = (prompt: string) => new Set(partsOf(prompt).map((part) => part.channel.program));
  const roles = (prompt: string) => new Set(partsOf(prompt).map((part) => part.role));

  it("gives each wanted one a part, whatever the style", () => {
    for (const style of styles) {
      const wanted = programs(`${style.key} with cello, organ and slap bass`);
      for (const program of [42, 16, 36]) {
        expect([...wanted], style.key).toContain(program);
      }
    }
  });

  it("leaves out what is declined, alone or in a list", () => {
    expect(roles("house, no drums").has("drums")).toBe(false);
    expect(roles("rock without any drums or bass")).not.toContain("bass");
    expect(roles("rock without any drums or bass")).not.toContain("drums");
    expect(roles("jazz, drumless").has("drums")).toBe(false);
    const bare = programs("jazz without piano or saxophone");
    expect(bare.has(0) || bare.has(65)).toBe(false);
    expect(programs("rock, no guitars").has(29)).toBe(false);
    expect(roles("rock, no guitars").has("chords")).toBe(true);
  });

  it("does not take a wish in the same sentence for a refusal", () => {
    expect(programs("ambient with no drums, a soft flute").has(73)).toBe(true);
    expect(roles("drum and bass").has("drums")).toBe(true);
  });

  it("leaves single drums out", () => {
    const drums = partsOf("house without hi-hats").find((part) => part.role === "drums");
    const grooves = drums?.role === "drums" ? [...drums.calm, ...drums.full, ...drums.fills] : [];
    const names = new Set(grooves.flatMap((groove) => Object.keys(groove)));
    expect(names.has("hat") || names.has("open")).toBe(false);
    expect(names.has("kick")).toBe(true);
  });

  it("lends drums to a style that has none, and takes the kit that is named", () => {
    expect(roles("ambient").has("drums")).toBe(false);
    expect(roles("ambient with drums").has("drums")).toBe(true);
    const kit = partsOf("jazz with 808 drums").find((part) => part.role === "drums");
    expect(kit?.channel.program).toBe(25);
  });

  it("lets one play alone", () => {
    expect([...programs("solo cello, sad")]).toEqual([42]);
    expect(roles("house, solo guitar").has("drums")).toBe(false);
  });
});

describe("fields", () => {
  it("weigh more than tags, and tags more than prose", () => {
    const fields = {
      genre: "house",
      tempo: 99,
      key: { tonic: "D", mode: "dorian" },
      metre: "3/4",
    } as const;
    const wording = {
      prompt: "jazz in C major at 140 bpm in 5/4",
      styleTags: ["folk", "E minor", "120 bpm"],
    };
    const tagged = interpret(wording, 1);
    expect(tagged.style.key).toBe("folk");
    expect(tagged.tempo).toEqual({ bpm: 120, exact: true });
    expect(tagged.key).toEqual({ tonic: "E", mode: "aeolian" });
    expect(tagged.metre).toBe("5/4");
    expect(tagged.sources).toMatchObject({ genre: "tags", tempo: "tags", metre: "prompt" });
    const named = interpret({ ...wording, fields }, 1);
    expect(named.style.key).toBe("house");
    expect(named.tempo).toEqual({ bpm: 99, exact: true });
    expect(named.key).toEqual(fields.key);
    expect(named.metre).toBe("3/4");
    expect(named.sources).toMatchObject({ genre: "field", tempo: "field", tonic: "field" });
  });
});

it("reports what was understood, with its sources, as plain data", () => {
  const wording = {
    prompt: "Dreamy 80s synthwave in F# minor, 104 bpm, with a saxophone but no arpeggios",
    styleTags: [],
  };
  const interpretation = interpret(wording, 5);
  const score = compose({ interpretation, durationSeconds: 30, seed: 5, title: null });
  const report = reportOf(interpretation, score);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  expect(report).toMatchObject({
    genre: { value: "synthwave", source: "prompt" },
    genreName: "Synthwave",
    mood: { value: "dreamy", source: "prompt" },
    energy: { value: "medium", source: "choice" },
    era: { value: "1980s", source: "prompt" },
    tempo: { value: 104, source: "prompt" },
    key: { value: "F# minor", source: "prompt" },
    tonic: { value: "F#", source: "prompt" },
    mode: { value: "minor", source: "prompt" },
    metre: { value: "4/4", source: "choice" },
    wanted: ["saxophone"],
    unwanted: ["arpeggio"],
  });
  expect(report.instruments).toContain("saxophone");
  expect(report.instruments).toContain("drums");
  const kinds = report.sections.map(({ kind }) => kind);
  expect(kinds).toEqual(score.sections.map(({ kind }) => kind));
  let at = 0;
  for (const { start, duration } of report.sections) {
    expect(start).toBeCloseTo(at, 2);
    at = start + duration;
  }
  expect(at).toBeCloseTo(30, 2);
});

it("understands any text at all as something", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme", maxLength: 300 }),
      fc.array(fc.string({ unit: "grapheme", maxLength: 30 }), { maxLength: 4 }),
      fc.nat(),
      (prompt, tags, seed) => {
        const { style, tempo } = interpret({ prompt, styleTags: tags }, seed);
        expect(style.parts.length).toBeGreaterThan(0);
        expect(tempo.bpm).toBeGreaterThanOrEqual(40);
        expect(tempo.bpm).toBeLessThanOrEqual(220);
        expect(interpret({ prompt, styleTags: tags }, seed)).toEqual(
          interpret({ prompt, styleTags: tags }, seed),
        );
      },
    ),
    { numRuns: 200 },
  );
});

it("asks only for instruments that the SoundFont has", async () => {
  const bank = await loadSoundBank();
  const leads = instruments.map(
    ({ name: word }) => interpret({ prompt: `${word} solo`, styleTags: [] }, 1).style,
  );
  for (const part of [...styles, ...leads].flatMap((style) => style.parts)) {
    const isDrums = part.role === "drums";
    const has = bank.presets.some(
      (preset) => preset.program === part.channel.program && preset.isGMGSDrum === isDrums,
    );
    expect(has, `${part.role} ${part.channel.program}`).toBe(true);
  }
});
