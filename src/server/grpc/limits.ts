/** Every bound that the gRPC port puts on strangers, in one table. Milliseconds unless the name says otherwise. */

export interface GrpcLimits {
  /** Of one request message, in bytes, compressed or not; else RESOURCE_EXHAUSTED. */
  readonly maxRequestBytes: number;
  /** Of one answer; clients refuse more than 4 MiB unless they are told otherwise. */
  readonly maxResponseBytes: number;
  /** Of the metadata of one call, in bytes: names, values, and 32 each; else RESOURCE_EXHAUSTED. */
  readonly maxMetadataBytes: number;
  /** Calls of one connection that run at once; more wait at the client, which is told the number. */
  readonly maxConcurrentStreams: number;
  /** Between two PINGs that ask a connection for a sign of life. */
  readonly keepAliveMs: number;
  /** For the answer to a PING, before the connection is closed. */
  readonly keepAliveTimeoutMs: number;
  /** Without a call; then GOAWAY. */
  readonly idleMs: number;
  /** For a peer to read the last answers and close, before the socket is destroyed. */
  readonly lingerMs: number;
}

export const defaultGrpcLimits: GrpcLimits = {
  maxRequestBytes: 256 * 1024,
  maxResponseBytes: 4 * 1024 * 1024,
  maxMetadataBytes: 16_384,
  maxConcurrentStreams: 100,
  keepAliveMs: 30_000,
  keepAliveTimeoutMs: 20_000,
  idleMs: 300_000,
  lingerMs: 1_000,
};
