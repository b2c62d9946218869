/** Ids: a prefix that says what it is, and 96 random bits as hexadecimal. */
import type { Random } from "../base/random.ts";

export type IdPrefix = "mgen" | "mtrack" | "key";

/** A new id such as `mgen_2f8b1c4e9a7d5b60c3d1e2f4`. */
export function newId(random: Random, prefix: IdPrefix): string {
  return `${prefix}_${random.hex(12)}`;
}

/** An unsigned 32-bit seed. */
export function newSeed(random: Random): number {
  return Number.parseInt(random.hex(4), 16);
}
