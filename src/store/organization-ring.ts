/**
 * The order in which organizations are served: round robin. A new one comes to the front, one that was
 * just served goes to the back, so that no one is served twice before one that was seen waiting.
 */
export class OrganizationRing {
  #order: string[] = [];

  /** Takes over what a look found: keeps the order of those known, new ones first, drops the rest. */
  replace(waiting: readonly string[]): void {
    const found = new Set(waiting);
    const known = new Set(this.#order);
    const fresh = waiting.filter((organization) => !known.has(organization));
    this.#order = [...fresh, ...this.#order.filter((organization) => found.has(organization))];
  }

  /** The next `count`, in order; they stay until `served` or `remove`. */
  next(count: number): string[] {
    return this.#order.slice(0, count);
  }

  /** Puts these at the back. */
  toBack(organizations: readonly string[]): void {
    const moved = new Set(organizations);
    this.#order = [
      ...this.#order.filter((organization) => !moved.has(organization)),
      ...organizations,
    ];
  }

  /** Forgets an organization that has nothing waiting. */
  remove(organization: string): void {
    this.#order = this.#order.filter((known) => known !== organization);
  }

  get size(): number {
    return this.#order.length;
  }
}
