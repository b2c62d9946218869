/**
 * Enum values as the REST face names them: lower case, without the prefix that all of them share
 * (`BOOK_STATE_ON_LOAN` of `BookState` is `on_loan`). A zero value named UNSPECIFIED is "no value": it
 * prints as null, and a request says it by leaving the field out. Full names are read as well.
 */
import type { DescEnum } from "@bufbuild/protobuf";

export interface EnumNames {
  /** Bare names in the order of declaration. */
  readonly bare: readonly string[];
  /** The bare name of a number; `null` for UNSPECIFIED; `undefined` for a number without a name. */
  nameOf(number: number): string | null | undefined;
  /** The number of a bare or full name. */
  numberOf(name: string): number | undefined;
}

const known = new WeakMap<DescEnum, EnumNames>();

export function enumNames(desc: DescEnum): EnumNames {
  const names = known.get(desc) ?? build(desc);
  known.set(desc, names);
  return names;
}

function build(desc: DescEnum): EnumNames {
  const names = new Map<number, string | null>();
  const numbers = new Map<string, number>();
  const prefix = desc.sharedPrefix?.length ?? 0;
  for (const value of desc.values) {
    const bare = value.name.slice(prefix).toLowerCase();
    const unspecified = value.number === 0 && bare === "unspecified";
    // With allow_alias the first name of a number is the one that is printed.
    if (!names.has(value.number)) names.set(value.number, unspecified ? null : bare);
    if (!unspecified) numbers.set(bare, value.number).set(value.name, value.number);
  }
  return {
    bare: [...names.values()].filter((name) => name !== null),
    nameOf: (number) => names.get(number),
    numberOf: (name) => numbers.get(name),
  };
}
