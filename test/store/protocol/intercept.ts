/**
 * A database whose calls on jobs pass through a test's hands on their way to the driver: to hold one back
 * until its turn (scripted interleavings), or to rewrite its guard (mutants). The product code knows
 * nothing of it.
 */
import type { Document } from "mongodb";
import type { Database } from "../../../src/store/index.ts";

/** One guarded update, wherever it stands: alone or in a bulk. */
export interface GuardedWrite {
  readonly filter: Document;
  readonly update: Document | Document[];
}

export type Rewrite = (write: GuardedWrite) => GuardedWrite;

export interface Interception {
  /** Called before each call reaches the driver, which waits for it. */
  readonly before?: (kind: "read" | "write") => Promise<void>;
  readonly rewrite?: Rewrite;
}

const single = new Set(["updateOne", "updateMany", "findOneAndUpdate"]);
const cursors = new Set(["find", "aggregate"]);

type Method = (...args: unknown[]) => unknown;

/** The arguments of a write with each of its guarded updates rewritten. */
function rewritten(method: string, args: unknown[], rewrite: Rewrite): unknown[] {
  if (method === "bulkWrite") {
    const [operations, ...rest] = args as [{ updateOne: GuardedWrite }[], ...unknown[]];
    const changed = operations.map(({ updateOne }) => ({
      updateOne: { ...updateOne, ...rewrite(updateOne) },
    }));
    return [changed, ...rest];
  }
  const [filter, update, ...rest] = args as [Document, Document, ...unknown[]];
  const changed = rewrite({ filter, update });
  return [changed.filter, changed.update, ...rest];
}

/** `target` with some of its methods replaced; all others work on the target itself. */
function withMethods<T extends object>(target: T, replace: (name: string) => Method | null): T {
  return new Proxy(target, {
    get: (_, name) => {
      const replaced = typeof name === "string" ? replace(name) : null;
      const value: unknown = replaced ?? Reflect.get(target, name, target);
      return typeof value === "function" && !replaced ? value.bind(target) : value;
    },
  });
}

/** The same database, whose `jobs` are intercepted. */
export function intercept(database: Database, interception: Interception): Database {
  const { before = async () => {}, rewrite = (write: GuardedWrite) => write } = interception;
  const real = database.jobs as unknown as Record<string, Method>;
  const call = (name: string, args: unknown[]) => real[name]?.apply(database.jobs, args);
  const jobs = withMethods(database.jobs, (name) => {
    if (single.has(name) || name === "bulkWrite") {
      return async (...args) => {
        await before("write");
        return call(name, rewritten(name, args, rewrite));
      };
    }
    if (name === "findOne") {
      return async (...args) => {
        await before("read");
        return call(name, args);
      };
    }
    if (!cursors.has(name)) return null;
    return (...args) => {
      const cursor = call(name, args) as { toArray(): Promise<unknown[]> };
      return withMethods(cursor, (step) => {
        if (step !== "toArray") return null;
        return async () => {
          await before("read");
          return cursor.toArray();
        };
      });
    };
  });
  return { ...database, jobs };
}
