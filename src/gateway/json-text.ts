/**
 * Bytes → a JSON value, strictly: UTF-8, RFC 8259, bounded depth. Duplicate names, which `JSON.parse`
 * drops without a word (RFC 8259, section 4, leaves it open), are found by a second look at the text.
 */
import type { JsonValue } from "@bufbuild/protobuf";
import { GatewayError } from "./fault.ts";

export interface JsonText {
  readonly value: JsonValue;
  /** Where a name occurs again in its object: the names and indexes on the way there. */
  readonly duplicates: readonly (readonly (string | number)[])[];
}

/** More than any message needs, and far from what a recursive reader could not take. */
export const maxJsonDepth = 64;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses a body.
 * @throws GatewayError "malformed" when it is empty, not UTF-8, not JSON, or nested too deep
 */
export function parseJson(body: Uint8Array): JsonText {
  const text = decodeText(body);
  if (text.trim() === "") {
    throw new GatewayError("malformed", "The body is empty; it must be JSON.");
  }
  const value = parse(text);
  return { value, duplicates: scan(text) };
}

function decodeText(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch (cause) {
    throw new GatewayError("malformed", "The body is not UTF-8; it must be JSON in UTF-8.", {
      cause,
    });
  }
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? `: ${cause.message}` : "";
    throw new GatewayError("malformed", `The body is not valid JSON${reason}.`, { cause });
  }
}

interface Level {
  /** The names so far, of an object. */
  readonly names: Set<string> | undefined;
  /** The name or index of the value that is being looked at. */
  at: string | number;
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const openArray = 0x5b;
const closeArray = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/** One pass over a text that is known to be JSON; only strings and brackets matter. */
function scan(text: string): (string | number)[][] {
  const duplicates: (string | number)[][] = [];
  const levels: Level[] = [];
  let level: Level | undefined;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) {
      const end = endOfString(text, i);
      if (level?.names && isName(text, end)) {
        level.at = nameAt(text, i, end);
        if (level.names.has(level.at)) duplicates.push(levels.map(({ at }) => at));
        level.names.add(level.at);
      }
      i = end - 1;
    } else if (code === openObject || code === openArray) {
      level = code === openObject ? { names: new Set(), at: "" } : { names: undefined, at: 0 };
      levels.push(level);
      if (levels.length > maxJsonDepth) throw tooDeep();
    } else if (code === closeObject || code === closeArray) {
      levels.pop();
      level = levels.at(-1);
    } else if (code === comma && typeof level?.at === "number") level.at++;
  }
  return duplicates;
}

/** The position after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end + 1;
}

/** Whether an odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === backslash) first--;
  return (at - first) % 2 === 1;
}

function isName(text: string, end: number): boolean {
  let i = end;
  // White space (RFC 8259, section 2); nothing else is below it.
  while (text.charCodeAt(i) <= 0x20) i++;
  return text.charCodeAt(i) === colon;
}

function nameAt(text: string, start: number, end: number): string {
  const plain = text.slice(start + 1, end - 1);
  return plain.includes("\\") ? (JSON.parse(text.slice(start, end)) as string) : plain;
}

function tooDeep(): GatewayError {
  return new GatewayError("malformed", `The body is nested deeper than ${maxJsonDepth} levels.`);
}
