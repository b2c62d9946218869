/**
 * A caller's bounds as the driver takes them. A read ends at once when its caller has left. A write is only
 * told its deadline (`maxTimeMS`): aborting one would cost its connection and leave open whether it was made.
 */
import type { CallBounds } from "../generations/call-bounds.ts";

/** For a read. */
export function readBounds(bounds: CallBounds | undefined) {
  return bounds === undefined ? {} : { ...writeBounds(bounds), signal: bounds.signal };
}

/** For a write. */
export function writeBounds(bounds: CallBounds | undefined) {
  const ms = bounds?.timeoutMs();
  // 0 would mean without a bound.
  return ms === undefined ? {} : { maxTimeMS: Math.max(1, Math.floor(ms)) };
}

/** Whether this is the server's answer to a deadline that passed. */
export function isDeadline(error: unknown): boolean {
  return (error as { code?: unknown }).code === 50;
}
