/**
 * Tells HTTP/2 with prior knowledge from HTTP/1.1 by the connection preface (RFC 9113, section 3.4),
 * which no HTTP/1.1 request can begin with. Over TLS, ALPN tells instead.
 */
import type { Socket } from "node:net";
import type { Conversation } from "./conversation.ts";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export type Protocol = "http1" | "http2";

/** The protocol of a connection that began with `bytes`; null while they could be either. */
export function protocolOf(bytes: Buffer): Protocol | null {
  const length = Math.min(bytes.length, preface.length);
  if (!bytes.subarray(0, length).equals(preface.subarray(0, length))) return "http1";
  return bytes.length < preface.length ? null : "http2";
}

/** A connection that has not said yet what it speaks. */
export class Sniffing implements Conversation {
  readonly #socket: Socket;
  readonly #endAtMs: number;
  readonly #decided: (protocol: Protocol) => void;
  #bytes: Buffer = Buffer.alloc(0);

  /** Calls `decided` once, with every byte back in `socket`; never when the client does not say. */
  constructor(socket: Socket, endAtMs: number, decided: (protocol: Protocol) => void) {
    this.#socket = socket;
    this.#endAtMs = endAtMs;
    this.#decided = decided;
    socket.on("readable", this.#read);
    socket.once("end", this.#leave);
  }

  enforce(nowMs: number): void {
    if (nowMs >= this.#endAtMs) this.destroy();
  }

  drain(): void {
    this.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #leave = (): void => this.destroy();

  readonly #read = (): void => {
    const chunk = this.#socket.read() as Buffer | null;
    if (chunk === null) return;
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const protocol = protocolOf(this.#bytes);
    if (protocol === null) return;
    this.#socket.off("readable", this.#read);
    this.#socket.off("end", this.#leave);
    this.#socket.unshift(this.#bytes);
    this.#decided(protocol);
  };
}
