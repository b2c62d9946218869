/**
 * The headers of a request as the standard's `Headers`, which is what the interceptor chain takes. Few of
 * them are ever asked for, so they are read where they are, and only copied when someone changes or lists
 * them: making a `Headers` costs more than the rest of a small call.
 */
export abstract class LazyHeaders implements Headers {
  #copy: Headers | null = null;

  /** The value of a header as it was sent, by its name in lower case. */
  protected abstract read(name: string): string | null;
  /** All that were sent. */
  protected abstract all(): Iterable<readonly [name: string, value: string]>;

  get(name: string): string | null {
    return this.#copy === null ? this.read(name.toLowerCase()) : this.#copy.get(name);
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  set(name: string, value: string): void {
    this.#copied().set(name, value);
  }

  append(name: string, value: string): void {
    this.#copied().append(name, value);
  }

  delete(name: string): void {
    this.#copied().delete(name);
  }

  forEach(...args: Parameters<Headers["forEach"]>): void {
    this.#copied().forEach(...args);
  }

  getSetCookie(): string[] {
    return this.#copied().getSetCookie();
  }

  keys(): ReturnType<Headers["keys"]> {
    return this.#copied().keys();
  }

  values(): ReturnType<Headers["values"]> {
    return this.#copied().values();
  }

  entries(): ReturnType<Headers["entries"]> {
    return this.#copied().entries();
  }

  [Symbol.iterator](): ReturnType<Headers["entries"]> {
    return this.#copied().entries();
  }

  #copied(): Headers {
    if (this.#copy === null) {
      this.#copy = new Headers();
      for (const [name, value] of this.all()) this.#copy.set(name, value);
    }
    return this.#copy;
  }
}
