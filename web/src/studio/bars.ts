/** The bars that stand for a piece that is not there yet: always the same for one job. */

const count = 72;

/** Heights between 0 and 1, low at both ends, from the characters of `id`. */
export function barHeights(id: string): number[] {
  let state = 2_166_136_261;
  for (const character of id) state = Math.imul(state ^ character.charCodeAt(0), 16_777_619);
  return Array.from({ length: count }, (_, n) => {
    state = Math.imul(state ^ (state >>> 15), 2_246_822_519) ^ n;
    const noise = (state >>> 0) / 2 ** 32;
    const swell = Math.sin((Math.PI * (n + 0.5)) / count) ** 0.5;
    return 0.08 + 0.82 * swell * (0.35 + 0.65 * noise);
  });
}
