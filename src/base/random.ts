/** Chance, injected: ids, secrets and jitter come from here, so that tests can make them repeat. */
import { randomBytes } from "node:crypto";

export interface Random {
  /** `length` bytes; from the system source they are fit for secrets. */
  bytes(length: number): Uint8Array;
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
function pooled(length: number): Uint8Array {
  if (pool.length < given + length) {
    pool = randomBytes(poolBytes);
    given = 0;
  }
  given += length;
  return pool.subarray(given - length, given);
}

/** The operating system's cryptographic source. */
export const systemRandom: Random = {
  bytes: (length) => (length <= mostPooled ? pooled(length) : randomBytes(length)),
  uniform: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
};

/** `length` random bytes as lower-case hexadecimal, `2 * length` characters long. */
export function randomHex(random: Random, length: number): string {
  const { buffer, byteOffset } = random.bytes(length);
  return Buffer.from(buffer, byteOffset, length).toString("hex");
}

/** `ms` with up to half of it taken away by chance, so that processes do not act in step. */
export function jittered(random: Random, ms: number): number {
  return ms * (1 - random.uniform() / 2);
}
