/** The request id: `req_…`, in the `X-Request-Id` header, the envelope's `trace_id` and the log. */
import { createContextKey } from "@connectrpc/connect";
import type { Random } from "../base/random.ts";

export const requestIdKey = createContextKey<string>("", { description: "request id" });
/** Why the message of the call could not be read; the chain throws it once it knows who calls. */
export const unreadableKey = createContextKey<unknown>(null, { description: "unreadable" });
export const requestIdHeader = "x-request-id";

/** The caller's own id when it is one that can be logged safely, else a new one. */
export function requestIdOf(sent: string | null | undefined, random: Random): string {
  return sent && /^[A-Za-z0-9._:-]{1,128}$/.test(sent) ? sent : `req_${random.hex(12)}`;
}
