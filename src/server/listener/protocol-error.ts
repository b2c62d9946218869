/**
 * Answers to what never became a request: too slow, too large, or not HTTP. No framework sees those,
 * so the listener writes them itself; what they say comes from whoever knows the error envelope.
 */
import { METHODS, STATUS_CODES } from "node:http";

export type ProtocolErrorKind =
  | "request_timeout"
  | "headers_too_large"
  | "unknown_method"
  | "bad_request";

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

interface ParserError extends NodeJS.ErrnoException {
  /** What was being read. */
  readonly rawPacket?: Buffer;
}

const requestLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}) [!-~]+ HTTP\/1\.[01]\r\n/;
const mostOfLine = 8_192;

/**
 * What a failure of Node's HTTP/1.1 parser is to the client; null for a failure of the connection,
 * after which there is nobody to answer.
 */
export function protocolErrorOf(error: ParserError): ProtocolErrorKind | null {
  if (error.code === "HPE_HEADER_OVERFLOW") return "headers_too_large";
  // The client stopped in the middle: it left, or half-closed before its request was whole.
  if (error.code === "HPE_INVALID_EOF_STATE") return null;
  // The parser knows the methods by name; others are tokens as well (RFC 9110, section 9.1).
  if (error.code === "HPE_INVALID_METHOD" && hasUnknownMethod(error.rawPacket)) {
    return "unknown_method";
  }
  return error.code?.startsWith("HPE_") ? "bad_request" : null;
}

/** Whether the first line is one of HTTP but for its method; noise may also come after a good request. */
function hasUnknownMethod(packet: Buffer | undefined): boolean {
  const line = packet?.subarray(0, mostOfLine).toString("latin1") ?? "";
  const [, method] = requestLine.exec(line) ?? [];
  return method !== undefined && !METHODS.includes(method);
}
