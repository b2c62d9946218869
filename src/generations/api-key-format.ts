/**
 * The form of an API key: `oak_`, 43 characters that hold 256 random bits, and 6 that hold a checksum of
 * everything before them. A key that was mistyped or cut off is told from one that is unknown without the
 * database, and a scanner for leaked secrets finds keys by their form alone.
 *
 * Both numbers are in base 62 (`0-9A-Za-z`), padded with zeros; the checksum is the CRC-32 of zip and PNG
 * (RFC 1952, section 8).
 */
import { crc32 } from "node:zlib";
import type { Random } from "../base/random.ts";

export const keyPrefix = "oak_";
const secretLength = 43;
const checksumLength = 6;
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const form = new RegExp(`^${keyPrefix}[${digits}]{${secretLength + checksumLength}}$`);

function base62(value: bigint, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest /= 62n)
    text = digits[Number(rest % 62n)] + text;
  return text;
}

function checksumOf(text: string): string {
  return base62(BigInt(crc32(text)), checksumLength);
}

/** A new key. */
export function newKey(random: Random): string {
  const secret = BigInt(`0x${random.hex(32)}`);
  const key = keyPrefix + base62(secret, secretLength);
  return key + checksumOf(key);
}

/** Whether this may be a key that was made here: its form and its checksum are right. */
export function isKeyForm(text: string): boolean {
  if (!form.test(text)) return false;
  return checksumOf(text.slice(0, -checksumLength)) === text.slice(-checksumLength);
}
