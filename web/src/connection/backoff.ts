/** How long to wait before the next try. */

const mostMs = 10_000;

/**
 * Doubles with each try from `firstMs` up to 10 s; of that, between half and all, so that the pages of
 * many people do not come back at the same instant.
 * @param attempt 0 for the first try after a loss
 * @param random within [0, 1)
 */
export function backoffMs(attempt: number, random: number, firstMs = 1_000): number {
  const whole = Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 20));
  return Math.round(whole * (0.5 + random / 2));
}
