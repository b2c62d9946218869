/** What the service says is wrong with one field, below that field. */
import type { Problem } from "../connection/errors.ts";

interface FieldErrorProps {
  readonly id: string;
  /** The name of the field in the API. */
  readonly field: string;
  readonly problem: Problem | null;
}

/** Fields of the API that the form has a place for. */
const placed = new Set([
  "engine",
  "prompt",
  "duration_seconds",
  "lyrics",
  "style_tags",
  "title",
  "seed",
]);

function rootOf(field: string): string {
  return field.replace(/[.[].*$/, "");
}

export function FieldError({ id, field, problem }: FieldErrorProps) {
  const messages = (problem?.violations ?? [])
    .filter((violation) => rootOf(violation.field) === field)
    .map(({ message }) => message);
  return (
    <p id={id} class="field-error" role="alert">
      {messages.length > 0 && `This ${messages.join(", and ")}.`}
    </p>
  );
}

/** What no field shows: the violations elsewhere, or a problem without any. */
export function unmatched(problem: Problem | null): Problem | null {
  if (problem === null || problem.violations.length === 0) return problem;
  const rest = problem.violations.filter(({ field }) => !placed.has(rootOf(field)));
  if (rest.length === 0) return null;
  return { ...problem, text: rest.map(({ field, message }) => `${field} ${message}.`).join(" ") };
}
