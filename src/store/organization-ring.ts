/**
 * The order in which organizations are served: the one that was served longest ago goes first, one that
 * never was before all others. So no one is served twice before one that was seen waiting all the while,
 * also not one whose jobs come singly, so that it leaves the ring and comes back.
 */
export class OrganizationRing {
  #order: string[] = [];
  /** When each was last served, as a count; whoever is older than everyone waiting is forgotten. */
  readonly #servedAt = new Map<string, number>();
  #count = 0;

  /** Takes over what a look found. */
  replace(waiting: readonly string[]): void {
    const found = new Set(waiting);
    const known = this.#order.filter((organization) => found.has(organization));
    this.#order = [...new Set([...known, ...waiting])];
    this.#sort();
    const oldest = this.#turnOf(this.#order[0]);
    for (const [organization, turn] of this.#servedAt) {
      if (turn < oldest) this.#servedAt.delete(organization);
    }
  }

  /** Takes in those of whom it is known that they wait, before the next look sees them. */
  add(waiting: readonly string[]): void {
    this.#order = [...new Set([...this.#order, ...waiting])];
    this.#sort();
  }

  /** The next `count`, in order; they stay where they are. */
  next(count: number): string[] {
    return this.#order.slice(0, count);
  }

  /** Puts these at the back, in their order. */
  toBack(organizations: Iterable<string>): void {
    for (const organization of organizations) this.#servedAt.set(organization, ++this.#count);
    this.#sort();
  }

  /** Takes out an organization that has nothing waiting. */
  remove(organization: string): void {
    this.#order = this.#order.filter((known) => known !== organization);
  }

  get size(): number {
    return this.#order.length;
  }

  #turnOf(organization: string | undefined): number {
    return (organization !== undefined && this.#servedAt.get(organization)) || 0;
  }

  #sort(): void {
    this.#order.sort((a, b) => this.#turnOf(a) - this.#turnOf(b));
  }
}
