/** Values from the command line, read strictly. */
import { InvalidArgumentError } from "commander";

/** A whole number of seconds, above 0. */
export function wholeSeconds(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds > 0) return seconds;
  throw new InvalidArgumentError("It should be a whole number of seconds, above 0.");
}

/** A whole number, not negative. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError("It should be a whole number.");
}

/** Collects the values of an option that may come more than once. */
export function repeated(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}
