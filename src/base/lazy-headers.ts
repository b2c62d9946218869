/**
 * The standard's `Headers`, which is what the interceptor chain takes and gives, at less than its cost. Few
 * headers of a request are ever asked for, so they are read where they are, and only copied when someone changes
 * or lists them; of an answer they are kept as they are set.
 */
import { validateHeaderName, validateHeaderValue } from "node:http";

/** The one field that may be there several times, since its values cannot be joined (RFC 9110, section 5.3). */
const cookieName = "set-cookie";

type Field = [name: string, value: string];

export class LazyHeaders implements Headers {
  /** In the order of their names, which are in lower case; null while they are what was sent. */
  #fields: Field[] | null = null;

  /** The value of a header as it was sent, by its name in lower case. */
  protected read(_name: string): string | null {
    return null;
  }

  /** All that were sent. */
  protected all(): Iterable<readonly [name: string, value: string]> {
    return [];
  }

  get(name: string): string | null {
    const known = name.toLowerCase();
    if (this.#fields === null) return this.read(known);
    const found = this.#fields.filter(([each]) => each === known);
    return found.length === 0 ? null : found.map(([, value]) => value).join(", ");
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  /** @throws TypeError when HTTP has no such name or value */
  set(name: string, value: string): void {
    const known = valid(name, value);
    const fields = this.#copied();
    const from = firstNotBefore(fields, known);
    fields.splice(from, firstAfter(fields, known, from) - from, [known, value]);
  }

  /** @throws TypeError when HTTP has no such name or value */
  append(name: string, value: string): void {
    const known = valid(name, value);
    const before = known === cookieName ? null : this.get(known);
    if (before === null) insert(this.#copied(), known, value);
    else this.set(known, `${before}, ${value}`);
  }

  delete(name: string): void {
    const known = name.toLowerCase();
    this.#fields = this.#copied().filter(([each]) => each !== known);
  }

  forEach(each: Parameters<Headers["forEach"]>[0], self?: unknown): void {
    for (const [name, value] of this) each.call(self, value, name, this);
  }

  getSetCookie(): string[] {
    const cookies = this.#listed().filter(([name]) => name === cookieName);
    return cookies.map(([, value]) => value);
  }

  keys(): ReturnType<Headers["keys"]> {
    return this.#listed()
      .map(([name]) => name)
      .values();
  }

  values(): ReturnType<Headers["values"]> {
    return this.#listed()
      .map(([, value]) => value)
      .values();
  }

  entries(): ReturnType<Headers["entries"]> {
    return this.#listed().values();
  }

  [Symbol.iterator](): ReturnType<Headers["entries"]> {
    return this.entries();
  }

  /** In the order of their names, as the standard lists them. */
  #listed(): Field[] {
    if (this.#fields !== null) return this.#fields;
    const fields: Field[] = [];
    for (const [name, value] of this.all()) insert(fields, name, value);
    return fields;
  }

  #copied(): Field[] {
    this.#fields ??= this.#listed();
    return this.#fields;
  }
}

/** Adds a field behind those whose names go before its own, or are the same. */
function insert(fields: Field[], name: string, value: string): void {
  fields.splice(firstAfter(fields, name, 0), 0, [name, value]);
}

/** Where the fields of a name are, or would be. */
function firstNotBefore(fields: readonly Field[], name: string): number {
  let at = 0;
  while (at < fields.length && fields[at]![0] < name) at++;
  return at;
}

/** Where the fields of the names after it begin; none of them is before `from`. */
function firstAfter(fields: readonly Field[], name: string, from: number): number {
  let at = from;
  while (at < fields.length && fields[at]![0] <= name) at++;
  return at;
}

function valid(name: string, value: string): string {
  validateHeaderName(name);
  validateHeaderValue(name, value);
  return name.toLowerCase();
}
