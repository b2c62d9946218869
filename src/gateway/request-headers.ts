/** The headers of an HTTP request, read where Node has them. */
import type { IncomingHttpHeaders } from "node:http";
import { LazyHeaders } from "../base/lazy-headers.ts";

export class RequestHeaders extends LazyHeaders {
  readonly #sent: IncomingHttpHeaders;

  constructor(sent: IncomingHttpHeaders) {
    super();
    this.#sent = sent;
  }

  protected override read(name: string): string | null {
    // Node's is a plain object, with a prototype, where nothing is a text or a list.
    const value = this.#sent[name];
    if (typeof value === "string") return value;
    return Array.isArray(value) ? joined(value) : null;
  }

  /** Without the pseudo-headers of HTTP/2. */
  protected override *all(): Iterable<readonly [string, string]> {
    for (const [name, value] of Object.entries(this.#sent)) {
      if (value !== undefined && !name.startsWith(":")) yield [name, joined(value)];
    }
  }
}

function joined(value: string | string[]): string {
  return Array.isArray(value) ? value.join(", ") : value;
}
