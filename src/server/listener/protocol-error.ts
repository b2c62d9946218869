/**
 * Answers to what never became a request: too slow, too large, or not HTTP. No framework sees those,
 * so the listener writes them itself; what they say comes from whoever knows the error envelope.
 */
import { STATUS_CODES } from "node:http";

export type ProtocolErrorKind = "request_timeout" | "headers_too_large" | "bad_request";

export interface ProtocolErrorAnswer {
  readonly status: number;
  /** Beside `Content-Length` and `Connection`, which the listener adds. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type EncodeProtocolError = (kind: ProtocolErrorKind) => ProtocolErrorAnswer;

/** The whole answer as HTTP/1.1 writes it (RFC 9112), for a connection that then ends. */
export function formatHttp1Answer({ status, headers, body }: ProtocolErrorAnswer): string {
  const lines = Object.entries({
    ...headers,
    "Content-Length": String(Buffer.byteLength(body)),
    Connection: "close",
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Error"}\r\n${lines.join("")}\r\n${body}`;
}

/**
 * What a failure of Node's HTTP/1.1 parser is to the client; null for a failure of the connection,
 * after which there is nobody to answer.
 */
export function protocolErrorOf(error: NodeJS.ErrnoException): ProtocolErrorKind | null {
  if (error.code === "HPE_HEADER_OVERFLOW") return "headers_too_large";
  // The client stopped in the middle: it left, or half-closed before its request was whole.
  if (error.code === "HPE_INVALID_EOF_STATE") return null;
  return error.code?.startsWith("HPE_") ? "bad_request" : null;
}
