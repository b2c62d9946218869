/**
 * The deadlines that callers send. A timer of Node takes at most 2^31 - 1 ms, some 24.8 days, and one that is
 * set for longer fires at once; the RPC libraries hand on what they are sent. So a longer deadline is taken for
 * the longest: nothing that is asked for here takes weeks.
 */
import type { IncomingHttpHeaders } from "node:http";

const longestMs = 2 ** 31 - 1;
/** The most whole hours within it, as gRPC writes them. */
const longestGrpc = `${Math.floor(longestMs / 3_600_000)}H`;

/** Milliseconds of each unit of gRPC's header (its HTTP/2 protocol, "Timeout"). */
const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1 };

/** Shortens `grpc-timeout` and `connect-timeout-ms` in place. What is not of their form is left alone. */
export function boundTimeouts(headers: IncomingHttpHeaders): void {
  const { "grpc-timeout": grpc, "connect-timeout-ms": connect } = headers;
  if (typeof grpc === "string") {
    const [, count, unit = ""] = /^(\d{1,8})([HMSm])$/.exec(grpc) ?? [];
    if (Number(count) * (units[unit] ?? 0) > longestMs) headers["grpc-timeout"] = longestGrpc;
  }
  if (typeof connect === "string" && /^\d{1,10}$/.test(connect) && Number(connect) > longestMs) {
    headers["connect-timeout-ms"] = String(longestMs);
  }
}
