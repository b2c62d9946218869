/**
 * The standard's `Headers`, which is what the interceptor chain takes and gives, at less than its cost. Few
 * headers of a request are ever asked for, so they are read where they are, and only copied when someone changes
 * or lists them; of an answer they are kept as they are set.
 */
import { validateHeaderName, validateHeaderValue } from "node:http";

/** The one field whose values cannot be joined (RFC 9110, section 5.3). */
const cookieName = "set-cookie";

type Field = [name: string, value: string];

export class LazyHeaders implements Headers {
  /** In the order of their names, which are in lower case; null while they are what was sent. */
  #fields: Field[] | null = null;
  #cookies: readonly string[] = [];

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
    if (known === cookieName && this.#cookies.length > 0) return this.#cookies.join(", ");
    if (this.#fields === null) return this.read(known);
    return this.#fields.find(([each]) => each === known)?.[1] ?? null;
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  /** @throws TypeError when HTTP has no such name or value */
  set(name: string, value: string): void {
    const known = valid(name, value);
    if (known === cookieName) this.#cookies = [value];
    else put(this.#copied(), known, value);
  }

  /** @throws TypeError when HTTP has no such name or value */
  append(name: string, value: string): void {
    const known = valid(name, value);
    const before = this.get(known);
    if (known === cookieName) this.#cookies = [...this.#cookies, value];
    else put(this.#copied(), known, before === null ? value : `${before}, ${value}`);
  }

  delete(name: string): void {
    const known = name.toLowerCase();
    if (known === cookieName) this.#cookies = [];
    this.#fields = this.#copied().filter(([each]) => each !== known);
  }

  forEach(each: Parameters<Headers["forEach"]>[0], self?: unknown): void {
    for (const [name, value] of this.#listed()) each.call(self, value, name, this);
  }

  getSetCookie(): string[] {
    return [...this.#cookies];
  }

  keys(): ReturnType<Headers["keys"]> {
    return this.#listed()
      .values()
      .map(([name]) => name);
  }

  values(): ReturnType<Headers["values"]> {
    return this.#listed()
      .values()
      .map(([, value]) => value);
  }

  entries(): ReturnType<Headers["entries"]> {
    return this.#listed().values();
  }

  [Symbol.iterator](): ReturnType<Headers["entries"]> {
    return this.entries();
  }

  /** In the order of their names, as the standard lists them. */
  #listed(): readonly Field[] {
    const fields = this.#fields ?? this.#sent();
    if (this.#cookies.length === 0) return fields;
    const cookies = this.#cookies.map((value): Field => [cookieName, value]);
    const after = fields.findIndex(([name]) => name > cookieName);
    return fields.toSpliced(after < 0 ? fields.length : after, 0, ...cookies);
  }

  #copied(): Field[] {
    this.#fields ??= this.#sent();
    return this.#fields;
  }

  #sent(): Field[] {
    const fields: Field[] = [];
    for (const [name, value] of this.all()) put(fields, name, value);
    return fields;
  }
}

/** Sets a field where it belongs. */
function put(fields: Field[], name: string, value: string): void {
  const at = fields.findIndex(([each]) => each >= name);
  if (at < 0) fields.push([name, value]);
  else fields.splice(at, fields[at]?.[0] === name ? 1 : 0, [name, value]);
}

function valid(name: string, value: string): string {
  validateHeaderName(name);
  validateHeaderValue(name, value);
  return name.toLowerCase();
}
