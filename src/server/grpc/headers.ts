/**
 * The metadata of a request as `Headers`. Most calls are asked for two or three of theirs, and a whole `Headers`
 * of the platform is dear; so one is made only for who walks through them or changes them.
 */
import type { Metadata } from "@grpc/grpc-js";

export class RequestHeaders implements Headers {
  readonly #metadata: Metadata;
  #whole: Headers | null = null;

  constructor(metadata: Metadata) {
    this.#metadata = metadata;
  }

  get(name: string): string | null {
    if (this.#whole !== null) return this.#whole.get(name);
    const values = this.#metadata.get(name);
    return values.length === 0 ? null : values.map(textOf).join(", ");
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

  getSetCookie(): string[] {
    return this.#all().getSetCookie();
  }

  forEach(each: (value: string, name: string, parent: Headers) => void): void {
    this.#all().forEach(each);
  }

  entries(): ReturnType<Headers["entries"]> {
    return this.#all().entries();
  }

  keys(): ReturnType<Headers["keys"]> {
    return this.#all().keys();
  }

  values(): ReturnType<Headers["values"]> {
    return this.#all().values();
  }

  [Symbol.iterator](): ReturnType<Headers["entries"]> {
    return this.entries();
  }

  #all(): Headers {
    if (this.#whole === null) {
      this.#whole = new Headers();
      for (const [name, values] of Object.entries(this.#metadata.toHttp2Headers())) {
        this.#whole.set(name, [values].flat().join(", "));
      }
    }
    return this.#whole;
  }
}

/** Bytes are base64 in a header. */
function textOf(value: string | Buffer): string {
  return typeof value === "string" ? value : value.toString("base64");
}
