/**
 * Group commit: one call goes at once, with those of the same turn; calls that come while `concurrent` are
 * under way wait for the first of these to end and then go together. A lone call is so never slower, and a
 * busy worker pays one round trip and one journal flush for many. (The idea is that of database logs: DeWitt
 * et al., "Implementation Techniques for Main Memory Database Systems", SIGMOD 1984.)
 */

export interface GroupCommitLimits {
  /** Writes under way at the same time. */
  readonly concurrent: number;
  /** Calls that share one write, at most. */
  readonly most: number;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit<Item, Result> {
  readonly #write: (items: readonly Item[]) => Promise<readonly PromiseSettledResult<Result>[]>;
  readonly #limits: GroupCommitLimits;
  readonly #waiting: Waiting<Item, Result>[] = [];
  #underWay = 0;

  /** @param write resolves with one result for each item, in their order; a rejection is that of all. */
  constructor(
    write: (items: readonly Item[]) => Promise<readonly PromiseSettledResult<Result>[]>,
    limits: GroupCommitLimits,
  ) {
    this.#write = write;
    this.#limits = limits;
  }

  /** Resolves with the item's own result once it was written. */
  submit(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      // Those that are submitted in the same turn go together.
      queueMicrotask(() => this.#next());
    });
  }

  #next(): void {
    if (this.#underWay >= this.#limits.concurrent || this.#waiting.length === 0) return;
    const group = this.#waiting.splice(0, this.#limits.most);
    this.#underWay += 1;
    this.#write(group.map(({ item }) => item))
      .then(
        (results) => settle(group, results),
        (error: unknown) => {
          for (const { reject } of group) reject(error);
        },
      )
      .finally(() => {
        this.#underWay -= 1;
        this.#next();
      });
  }
}

function settle<Item, Result>(
  group: readonly Waiting<Item, Result>[],
  results: readonly PromiseSettledResult<Result>[],
): void {
  group.forEach(({ resolve, reject }, index) => {
    const result = results[index];
    if (result?.status === "fulfilled") resolve(result.value);
    else reject(result?.reason ?? new TypeError("a group commit without this item's result"));
  });
}
