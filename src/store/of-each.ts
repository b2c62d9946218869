/**
 * One update of many documents that gives each a value of its own: the server reads and plans it once, where
 * a bulk of single updates costs that for each (measured: less than half the work of mongod).
 */
import type { Document } from "mongodb";

/** An expression of the value that belongs to the document's `_id`; for an `_id` of `ids` alone. */
export function ofEach(ids: readonly string[], values: readonly unknown[]): Document {
  return { $arrayElemAt: [{ $literal: values }, { $indexOfArray: [{ $literal: ids }, "$_id"] }] };
}
