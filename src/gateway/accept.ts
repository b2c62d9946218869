/** What the client can read, by its `Accept` header (RFC 9110, section 12.5.1). */

interface MediaRange {
  readonly range: string;
  readonly quality: number;
}

function parseAccept(header: string): MediaRange[] {
  return header.split(",").map((part) => {
    const [range = "", ...parameters] = part.split(";").map((each) => each.trim().toLowerCase());
    const quality = parameters.find((each) => each.startsWith("q="))?.slice(2);
    return { range, quality: quality === undefined ? 1 : Number(quality) };
  });
}

/** How much the client wants `type`; the most specific range decides, 0 when none fits. */
function qualityOf(ranges: readonly MediaRange[], type: string): number {
  const [main] = type.split("/");
  for (const range of [type, `${main}/*`, "*/*"]) {
    const found = ranges.find((each) => each.range === range);
    if (found !== undefined) return found.quality;
  }
  return 0;
}

/** The one of `offered` that the client wants most, the first of equals; null when none is wanted. */
export function negotiate<T extends string>(
  header: string | null,
  offered: readonly [T, ...T[]],
): T | null {
  if (header === null || header === "*/*" || header === offered[0] || header.trim() === "") {
    return offered[0];
  }
  const ranges = parseAccept(header);
  let best: T | null = null;
  let bestQuality = 0;
  for (const type of offered) {
    const quality = qualityOf(ranges, type);
    if (quality > bestQuality) [best, bestQuality] = [type, quality];
  }
  return best;
}
