/**
 * Every bound that the listener puts on strangers, in one table. Milliseconds unless the name says
 * otherwise. They hold on HTTP/1.1 and HTTP/2 alike, and none of them ends an answer that is under
 * way: a stream of events or a download may last for days.
 */
export interface ListenerLimits {
  /** From the connection to the bytes that tell its protocol; then it is closed without a word. */
  readonly firstBytesMs: number;
  /**
   * For the headers of a request. HTTP/1.1: from their first byte to their end, else 408. HTTP/2: for
   * the client's SETTINGS, and for a header block that was begun; then the session is destroyed.
   */
  readonly headersMs: number;
  /** From a request's headers to the end of its body; else 408, and the connection or stream ends. */
  readonly bodyMs: number;
  /** Without a request under way; then HTTP/1.1 closes and HTTP/2 says GOAWAY. */
  readonly idleMs: number;
  /** Between two proofs of life of an HTTP/2 peer; without an answer to a PING for as long, it is dead. */
  readonly pingMs: number;
  /** Before the system probes a silent TCP peer. */
  readonly tcpKeepAliveMs: number;
  /** For a peer to read the last answer and close, before the socket is destroyed. */
  readonly lingerMs: number;
  /** Connections in all. */
  readonly maxConnections: number;
  /** Connections of one IPv4 address, or one IPv6 /64. Raise it behind a proxy. */
  readonly maxConnectionsPerAddress: number;
  /**
   * Requests of one connection that run at once. HTTP/2 refuses more streams (and announces it);
   * pipelined HTTP/1.1 requests wait.
   */
  readonly maxConcurrentRequests: number;
  /** Of one request, in bytes: request line and headers; else 431 or a reset stream. */
  readonly maxHeaderBytes: number;
}

export const defaultListenerLimits: ListenerLimits = {
  firstBytesMs: 10_000,
  headersMs: 10_000,
  bodyMs: 30_000,
  idleMs: 75_000,
  pingMs: 30_000,
  tcpKeepAliveMs: 30_000,
  lingerMs: 1_000,
  maxConnections: 10_000,
  maxConnectionsPerAddress: 1_000,
  maxConcurrentRequests: 100,
  maxHeaderBytes: 16_384,
};

/** How often the deadlines are looked at: a fifth of the shortest, within 5 and 500 ms. */
export function checkIntervalMs(limits: ListenerLimits): number {
  const { firstBytesMs, headersMs, bodyMs, idleMs, pingMs, lingerMs } = limits;
  const shortest = Math.min(firstBytesMs, headersMs, bodyMs, idleMs, pingMs, lingerMs);
  return Math.min(500, Math.max(5, shortest / 5));
}
