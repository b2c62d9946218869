/**
 * The standard's `Headers`, which is what the interceptor chain takes and gives, at less than its cost. Few
 * headers of a request are ever asked for, so they are read where they are, and only copied when someone changes
 * or lists them; of an answer they are kept as they are set.
 */
import { validateHeaderName, validateHeaderValue } from "node:http";

/** The one field whose values cannot be joined (RFC 9110, section 5.3). */
const cookieName = "set-cookie";

export class LazyHeaders implements Headers {
  /** By names in lower case; null while they are what was sent. */
  #values: Map<string, string> | null = null;
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
    return this.#values === null ? this.read(known) : (this.#values.get(known) ?? null);
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  /** @throws TypeError when HTTP has no such name or value */
  set(name: string, value: string): void {
    const known = valid(name, value);
    if (known === cookieName) this.#cookies = [value];
    else this.#copied().set(known, value);
  }

  /** @throws TypeError when HTTP has no such name or value */
  append(name: string, value: string): void {
    const known = valid(name, value);
    const before = this.get(known);
    if (known === cookieName) this.#cookies = [...this.#cookies, value];
    else this.#copied().set(known, before === null ? value : `${before}, ${value}`);
  }

  delete(name: string): void {
    const known = name.toLowerCase();
    if (known === cookieName) this.#cookies = [];
    this.#copied().delete(known);
  }

  forEach(each: Parameters<Headers["forEach"]>[0], self?: unknown): void {
    for (const [name, value] of this.#listed()) each.call(self, value, name, this);
  }

  getSetCookie(): string[] {
    return [...this.#cookies];
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
  #listed(): [name: string, value: string][] {
    const listed = [...(this.#values ?? this.all())] as [string, string][];
    for (const value of this.#cookies) listed.push([cookieName, value]);
    return listed.length < 2 ? listed : listed.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  }

  #copied(): Map<string, string> {
    this.#values ??= new Map(this.all());
    return this.#values;
  }
}

function valid(name: string, value: string): string {
  validateHeaderName(name);
  validateHeaderValue(name, value);
  return name.toLowerCase();
}
