/**
 * The headers of a request as the standard's `Headers`, which is what the interceptor chain takes. Few of
 * them are ever asked for, so they are read where Node has them, and only copied when someone changes or
 * lists them: making a `Headers` costs more than the rest of a small call.
 */
import type { IncomingHttpHeaders } from "node:http";

export class RequestHeaders implements Headers {
  readonly #sent: IncomingHttpHeaders;
  #copy: Headers | null = null;

  constructor(sent: IncomingHttpHeaders) {
    this.#sent = sent;
  }

  get(name: string): string | null {
    if (this.#copy !== null) return this.#copy.get(name);
    const key = name.toLowerCase();
    // Node's is a plain object, with a prototype.
    const value = Object.hasOwn(this.#sent, key) ? this.#sent[key] : undefined;
    return value === undefined ? null : joined(value);
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  set(name: string, value: string): void {
    this.#all().set(name, value);
  }

  append(name: string, value: string): void {
    this.#all().append(name, value);
  }

  delete(name: string): void {
    this.#all().delete(name);
  }

  forEach(...args: Parameters<Headers["forEach"]>): void {
    this.#all().forEach(...args);
  }

  getSetCookie(): string[] {
    return this.#all().getSetCookie();
  }

  keys(): ReturnType<Headers["keys"]> {
    return this.#all().keys();
  }

  values(): ReturnType<Headers["values"]> {
    return this.#all().values();
  }

  entries(): ReturnType<Headers["entries"]> {
    return this.#all().entries();
  }

  [Symbol.iterator](): ReturnType<Headers["entries"]> {
    return this.#all().entries();
  }

  /** All of them, without the pseudo-headers of HTTP/2. */
  #all(): Headers {
    if (this.#copy !== null) return this.#copy;
    this.#copy = new Headers();
    for (const [name, value] of Object.entries(this.#sent)) {
      if (value !== undefined && !name.startsWith(":")) this.#copy.set(name, joined(value));
    }
    return this.#copy;
  }
}

function joined(value: string | string[]): string {
  return Array.isArray(value) ? value.join(", ") : value;
}
