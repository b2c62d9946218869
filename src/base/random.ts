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
let pool: Buffer = Buffer.alloc(0);
let drawn = 0;

/** Where `length` bytes of the pool are, each of which is given out once. */
function draw(length: number): number {
  if (pool.length < drawn + length) [pool, drawn] = [randomBytes(poolBytes), 0];
  drawn += length;
  return drawn - length;
}

/** The operating system's cryptographic source. */
export const systemRandom: Random = {
  bytes(length) {
    if (length > mostPooled) return randomBytes(length);
    const from = draw(length);
    return new Uint8Array(pool.subarray(from, from + length));
  },
  uniform() {
    const from = draw(6);
    return pool.readUIntBE(from, 6) / 2 ** 48;
  },
};

/** `length` random bytes as lower-case hexadecimal, `2 * length` characters long. */
export function randomHex(random: Random, length: number): string {
  if (random !== systemRandom || length > mostPooled) {
    return Buffer.from(random.bytes(length)).toString("hex");
  }
  const from = draw(length);
  return pool.toString("hex", from, from + length);
}

/** `ms` with up to half of it taken away by chance, so that processes do not act in step. */
export function jittered(random: Random, ms: number): number {
  return ms * (1 - random.uniform() / 2);
}
