/** The styles: well-formed data, and so different that their sound alone tells them apart. */
import { beforeAll, describe, expect, it, test } from "vitest";
import { compose } from "../../src/studio/compose/compose.ts";
import { metreOf } from "../../src/studio/metre.ts";
import { interpret } from "../../src/studio/prompt/interpret.ts";
import { loadSoundBank, type SoundBank } from "../../src/studio/render/sound-bank.ts";
import { drumKeys, type Style } from "../../src/studio/style.ts";
import { styles } from "../../src/studio/styles.ts";
import { featuresOf, nearestOf } from "./hearing/features.ts";
import { samplerOf } from "./hearing/premaster.ts";

/** Every figure of a style with the symbols that it may use. */
function figuresOf(style: Style): { figure: string; symbols: RegExp }[] {
  return style.parts.flatMap((part) => {
    if (part.role === "drums") {
      const grooves = [...part.calm, ...part.full, ...part.fills];
      const names = grooves.flatMap((groove) => Object.keys(groove));
      expect(names.filter((name) => !(name in drumKeys))).toEqual([]);
      return grooves
        .flatMap((groove) => Object.values(groove))
        .map((figure) => ({ figure, symbols: /^[Xxo.]+$/ }));
    }
    const symbols =
      part.role === "bass"
        ? /^[RO357wa.-]+$/
        : part.role === "melody" || part.role === "counter"
          ? /^[x.-]+$/
          : /^[Xxo0-5.-]+$/;
    return [...part.figures.calm, ...part.figures.full].map((figure) => ({ figure, symbols }));
  });
}

it("there are at least sixteen", () => {
  expect(styles.length).toBeGreaterThanOrEqual(16);
});

test.each(styles.map((style) => [style.key, style] as const))("%s is well-formed", (_, style) => {
  const { steps } = metreOf(style.metre ?? "4/4");
  for (const { figure, symbols } of figuresOf(style)) {
    const own = figure.replaceAll(" ", "");
    expect(own, figure).toMatch(symbols);
    expect(own.length % steps, figure).toBe(0);
  }
  for (const part of style.parts) {
    if (part.role === "drums") continue;
    expect(part.range[1] - part.range[0]).toBeGreaterThanOrEqual(11);
    expect(part.figures.calm.length * part.figures.full.length).toBeGreaterThan(0);
  }
  expect(style.titles.first.length).toBeGreaterThanOrEqual(7);
});

describe("heard", () => {
  let bank: SoundBank;
  beforeAll(async () => {
    bank = await loadSoundBank();
  });

  it("each piece is nearest to another of its own style", { timeout: 240_000 }, () => {
    const pieces = styles.flatMap((style) =>
      [1, 2].map((seed) => {
        const wording = { prompt: "", styleTags: [], fields: { genre: style.key } };
        const interpretation = interpret(wording, seed);
        const score = compose({ interpretation, durationSeconds: 90, seed, title: null });
        return { style: style.key, features: featuresOf(samplerOf(bank, score, 4, 1.5)) };
      }),
    );
    const nearest = nearestOf(pieces.map(({ features }) => features));
    const wrong = pieces.flatMap(({ style }, index) => {
      const other = pieces[nearest[index]!]!.style;
      return other === style ? [] : [`${style} sounds like ${other}`];
    });
    // By chance, about two of these pieces would be right.
    expect(wrong.length, wrong.join("; ")).toBeLessThanOrEqual(2);
  });
});
