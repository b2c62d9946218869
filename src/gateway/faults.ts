/**
 * Collects what is wrong with the fields of one request, so that all of it is told at once.
 */
import { type FieldViolation, GatewayError } from "./fault.ts";

/** What the gateway itself finds wrong with a field. */
export type FaultRule =
  | "unknown_field"
  | "duplicate_field"
  | "wrong_type"
  | "out_of_range"
  | "unknown_value"
  | "invalid_format"
  | "oneof_conflict"
  | "too_deep";

/** More than anyone reads; a body of wrong fields alone must not make an answer many times its size. */
export const mostTold = 100;
/** Characters of a field's path, which may be the client's own words. */
const longestPath = 200;

export class Faults {
  readonly violations: FieldViolation[] = [];
  #malformed = false;

  /** Whether what is added now will be told, and not only counted. */
  get areTold(): boolean {
    return this.violations.length < mostTold;
  }

  /** `problem` ends a sentence that begins with the field: "must be a string, not a number". */
  add(field: string, rule: FaultRule, problem: string): void {
    const path = field.length > longestPath ? `${field.slice(0, longestPath)}…` : field;
    this.violations.push({ field: path, rule, message: problem });
  }

  /** As `add`, for a path, query or header value that cannot be read as its type. */
  addUnreadable(field: string, rule: FaultRule, problem: string): void {
    this.add(field, rule, problem);
    this.#malformed = true;
  }

  /** A text that was not read as its field's type; one that is only out of range was readable. */
  addText(field: string, { rule, problem }: { rule: FaultRule; problem: string }): void {
    if (rule === "out_of_range") this.add(field, rule, problem);
    else this.addUnreadable(field, rule, problem);
  }

  /**
   * Adds what the rules say, but not about what could not be read: a field that is already at fault,
   * what is in it, and messages that it is part of.
   */
  addRuleViolations(found: readonly FieldViolation[]): void {
    if (found.length === 0) return;
    const faulty = this.violations.map(({ field }) => field);
    this.violations.push(...found.filter(({ field }) => !faulty.some((at) => concerns(field, at))));
  }

  /** @throws GatewayError when there are any faults */
  throwIfAny(): void {
    if (this.violations.length === 0) return;
    const violations = told(this.violations);
    const message = violations.map((each) => `${each.field}: ${each.message}`).join("; ");
    throw new GatewayError(this.#malformed ? "malformed" : "invalid", message, { violations });
  }
}

function told(violations: readonly FieldViolation[]): readonly FieldViolation[] {
  if (violations.length <= mostTold) return violations;
  const message = `and ${violations.length - mostTold} more`;
  return [...violations.slice(0, mostTold), { field: "", rule: "more", message }];
}

function concerns(field: string, faulty: string): boolean {
  return field === "" || isWithin(field, faulty, /[.[]/) || isWithin(faulty, field, /\./);
}

/** Whether `inner` is `outer` or goes on from it with one of `separators`. */
function isWithin(inner: string, outer: string, separators: RegExp): boolean {
  if (!inner.startsWith(outer)) return false;
  const next = inner[outer.length];
  return next === undefined || separators.test(next);
}
