/** Enum values as the REST face writes them: bare, in lower case, without the enum's prefix. */
import type { DescEnum } from "@bufbuild/protobuf";

export interface EnumNames {
  /** The names that can be given; the one for "unspecified" is not among them. */
  readonly bare: readonly string[];
  /** The number of a bare name, or of a full one as in the proto. */
  numberOf(name: string): number | undefined;
  /** The bare name; null for zero when that means "unspecified", the number as text for an unknown one. */
  nameOf(number: number): string | null;
}

const known = new WeakMap<DescEnum, EnumNames>();

/** The names of `schema`, worked out once. */
export function enumNames(schema: DescEnum): EnumNames {
  const found = known.get(schema) ?? makeNames(schema);
  known.set(schema, found);
  return found;
}

function makeNames(schema: DescEnum): EnumNames {
  const prefix = schema.sharedPrefix ?? "";
  const bareName = (name: string) => {
    const lower = name.toLowerCase();
    return lower.startsWith(prefix) ? lower.slice(prefix.length) : lower;
  };
  const values = schema.values.map(({ name, number }) => ({ name, number, bare: bareName(name) }));
  const shown = values.filter(({ bare, number }) => !(number === 0 && bare === "unspecified"));
  const numbers = new Map(
    shown.flatMap(({ name, bare, number }) => [
      [name, number],
      [bare, number],
    ]),
  );
  const names = new Map(shown.map(({ number, bare }) => [number, bare]));
  return {
    bare: shown.map(({ bare }) => bare),
    numberOf: (name) => numbers.get(name),
    nameOf: (number) => names.get(number) ?? (number === 0 ? null : String(number)),
  };
}
