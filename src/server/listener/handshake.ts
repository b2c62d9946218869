/** TLS handshakes (RFC 8446) with ALPN (RFC 7301), which tells the protocol before its first byte. */
import type { Socket } from "node:net";
import tls, { type TLSSocket } from "node:tls";
import type { Log } from "../../base/log.ts";
import type { Certificate } from "../tls.ts";
import type { Conversation } from "./conversation.ts";
import type { Protocol } from "./sniff.ts";

/** Calls back once a handshake is done; a client without ALPN speaks HTTP/1.1. */
type Decided = (protocol: Protocol, socket: TLSSocket) => void;

/**
 * Makes the handshakes of a port. Node's TLS server never listens: it is given sockets, and gives back others,
 * without a way from one to the other; both know the peer's address.
 */
export class Handshakes {
  readonly #server: tls.Server;
  readonly #open = new Map<string, Decided>();

  constructor(certificate: Certificate, log: Log) {
    const options = { ...certificate, minVersion: "TLSv1.2", ALPNProtocols: ["h2", "http/1.1"] };
    this.#server = tls.createServer(options as tls.TlsOptions, (socket) => this.#done(socket));
    this.#server.on("tlsClientError", (error) => log.debug({ err: error }, "a handshake failed"));
  }

  /** Calls `decided` once, never when the handshake fails; then `raw` is closed. */
  begin(raw: Socket, endAtMs: number, decided: Decided): Conversation {
    const peer = peerOf(raw);
    this.#open.set(peer, decided);
    raw.once("close", () => this.#open.delete(peer));
    this.#server.emit("connection", raw);
    const destroy = () => raw.destroy();
    return { enforce: (nowMs) => nowMs >= endAtMs && destroy(), drain: destroy, destroy };
  }

  #done(socket: TLSSocket): void {
    const decided = this.#open.get(peerOf(socket));
    this.#open.delete(peerOf(socket));
    if (decided === undefined) socket.destroy();
    else decided(socket.alpnProtocol === "h2" ? "http2" : "http1", socket);
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
