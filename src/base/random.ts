/** Chance, injected: ids, secrets and jitter come from here, so that tests can make them repeat. */
import { randomBytes } from "node:crypto";

export interface Random {
  /**
   * `length` bytes as lower-case hexadecimal, `2 * length` characters; from the system source they are fit for
   * secrets.
   */
  hex(length: number): string;
  /** A number in [0, 1). */
  uniform(): number;
}

/** Bytes drawn ahead, since a call to the source costs far more than a few bytes of it. */
const poolBytes = 4_096;
/** What is asked for at once in an id; a secret is longer and drawn when it is asked for. */
const mostPooled = 16;
let pool = Buffer.alloc(0);
let given = 0;

/** Each byte of the pool is given out once. */
function pooled(length: number): string {
  if (pool.length < given + length) {
    pool = randomBytes(poolBytes);
    given = 0;
  }
  given += length;
  return pool.toString("hex", given - length, given);
}

/** The operating system's cryptographic source. */
export const systemRandom: Random = {
  hex: (length) => (length <= mostPooled ? pooled(length) : randomBytes(length).toString("hex")),
  uniform: () => Number.parseInt(pooled(6), 16) / 2 ** 48,
};

/** `ms` with up to half of it taken away by chance, so that processes do not act in step. */
export function jittered(random: Random, ms: number): number {
  return ms * (1 - random.uniform() / 2);
}
