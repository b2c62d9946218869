/**
 * Round robin, as a claim's worker may be held to it: once a look of his has seen an organization with a
 * job for him and a free slot, he serves no other twice before it.
 */

/** An organization that waits, and whom the worker served since. */
type Passed = Map<string, Set<string>>;

export class Turns {
  readonly #passed: Passed = new Map();

  /** Whatever was seen so far is no promise any more. */
  forget(): void {
    this.#passed.clear();
  }

  /**
   * @param open the organizations that he could serve just before the claim, and how many jobs of each
   * @param looked whether the claim began with a look, so that he must have seen all of these
   * @param served the organization of each job that he took
   * @returns who was passed over, in words
   */
  claimed(open: ReadonlyMap<string, number>, looked: boolean, served: readonly string[]): string[] {
    for (const org of this.#passed.keys()) if (!open.has(org)) this.#passed.delete(org);
    if (looked) {
      for (const org of open.keys()) if (!this.#passed.has(org)) this.#passed.set(org, new Set());
    }
    const countOf = (name: string) => served.filter((org) => org === name).length;
    const faults: string[] = [];
    for (const [waiting, since] of this.#passed) {
      const own = countOf(waiting);
      // One that got all it could have waits for nobody.
      const wanting = own < (open.get(waiting) ?? 0);
      if (own > 0) since.clear();
      for (const org of new Set(served)) {
        if (org === waiting) continue;
        const before = since.has(org) ? 1 : 0;
        const twice = countOf(org) + before > own + 1;
        if (wanting && twice) faults.push(`${org} was served twice before ${waiting}`);
        // Within a claim the order is unknown; one with more turns had the last of them afterwards.
        if (countOf(org) > own) since.add(org);
      }
      if (own > 0 && !wanting) this.#passed.delete(waiting);
    }
    return faults;
  }
}
