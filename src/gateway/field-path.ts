/** Fields by the names that callers use: `snake_case` as in the proto, or `lowerCamelCase`. */
import { type DescField, type DescMessage, getOption, hasOption } from "@bufbuild/protobuf";
import { rest_field } from "../../gen/gateway/v1/annotations_pb.ts";

/** Whether the field is on the REST face. */
export function isVisible(field: DescField): boolean {
  return !(hasOption(field, rest_field) && getOption(field, rest_field).hidden);
}

export function fieldNamed(message: DescMessage, name: string): DescField | undefined {
  return message.fields.find(
    (field) => isVisible(field) && (field.name === name || field.jsonName === name),
  );
}

/** Did you mean: the visible field that is nearest to `name`, within two edits. */
export function nearMiss(message: DescMessage, name: string): string | null {
  const scored = message.fields
    .filter(isVisible)
    .map((field) => ({ name: field.name, distance: editDistance(name.toLowerCase(), field.name) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = scored;
  return best !== undefined && best.distance <= 2 ? best.name : null;
}

/** Levenshtein's distance, by the two-row algorithm; names longer than 64 are too far from anything. */
function editDistance(a: string, b: string): number {
  if (a.length > 64) return Number.POSITIVE_INFINITY;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1]);
      row.push(Math.min(substitution, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** The violation of a name that no field has. */
export function unknownField(message: DescMessage, path: string, name: string) {
  const near = nearMiss(message, name);
  const advice = near === null ? "" : `; did you mean ${near}?`;
  return { field: path, rule: "unknown_field", message: `is not a field of this request${advice}` };
}
