/**
 * The order in which organizations are served: the one that was served longest ago goes first, one that
 * never was before all others. So no one is served twice before one that was seen waiting all the while,
 * also not one whose jobs come singly, so that it leaves the ring and comes back.
 */
export class OrganizationRing {
  /** In the order of their turns; a set keeps the order in which its members came. */
  #order = new Set<string>();
  /** When each was last served, as a count; whoever is older than everyone waiting is forgotten. */
  readonly #servedAt = new Map<string, number>();
  #count = 0;

  /** Takes over what a look found. */
  replace(waiting: readonly string[]): void {
    const found = new Set(waiting);
    const known = [...this.#order].filter((organization) => found.has(organization));
    this.#sort([...known, ...waiting]);
    const [first] = this.#order;
    const oldest = first === undefined ? 0 : this.#turnOf(first);
    for (const [organization, turn] of this.#servedAt) {
      if (turn < oldest) this.#servedAt.delete(organization);
    }
  }

  /** Takes in those of whom it is known that they wait, before the next look sees them. */
  add(waiting: readonly string[]): void {
    if (waiting.some((organization) => !this.#order.has(organization))) {
      this.#sort([...this.#order, ...waiting]);
    }
  }

  /** The next `count`, in order; they stay where they are. */
  next(count: number): string[] {
    const first: string[] = [];
    for (const organization of this.#order) {
      if (first.length === count) break;
      first.push(organization);
    }
    return first;
  }

  /** Puts these at the back, in their order; one that is not in the ring has had its turn all the same. */
  toBack(organizations: Iterable<string>): void {
    for (const organization of organizations) {
      this.#servedAt.set(organization, ++this.#count);
      if (this.#order.delete(organization)) this.#order.add(organization);
    }
  }

  /** Takes out an organization that has nothing waiting. */
  remove(organization: string): void {
    this.#order.delete(organization);
  }

  get size(): number {
    return this.#order.size;
  }

  #turnOf(organization: string): number {
    return this.#servedAt.get(organization) ?? 0;
  }

  #sort(organizations: readonly string[]): void {
    this.#order = new Set(
      organizations.toSorted((one, other) => this.#turnOf(one) - this.#turnOf(other)),
    );
  }
}
