/**
 * A network between the code under test and mongod that can go wrong: it loses replies, holds commands back,
 * swallows bytes both ways, or is slow. It reads the wire protocol as far as it must: the length of a message, its ids,
 * and the command in it (OP_MSG, https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/).
 */
import { createServer, connect as dial, type Server, type Socket } from "node:net";
import { BSON, type Document } from "mongodb";
import { onTestFinished } from "vitest";

/** Of a message: its length, its id, the id of the request that it answers, its kind. */
const header = { length: 0, id: 4, answers: 8, opCode: 12, bytes: 16 } as const;
const opMsg = 2013;
/** After the header and the flags comes a section of kind 0, which is the command. */
const commandAt = header.bytes + 4 + 1;

function commandOf(message: Buffer): Document {
  if (message.readInt32LE(header.opCode) !== opMsg) return {};
  return BSON.deserialize(message.subarray(commandAt), { allowObjectSmallerThanBufferSize: true });
}

/** The whole messages in `bytes`, and what is left of the next one. */
function messagesIn(bytes: Buffer): { messages: Buffer[]; rest: Buffer } {
  const messages: Buffer[] = [];
  let rest = bytes;
  while (rest.length >= header.bytes && rest.length >= rest.readInt32LE(header.length)) {
    const length = rest.readInt32LE(header.length);
    messages.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return { messages, rest };
}

/** Calls `each` with every whole message that comes out of `socket`. */
function onMessages(socket: Socket, each: (message: Buffer) => void): void {
  let buffered: Buffer = Buffer.alloc(0);
  socket.on("data", (bytes) => {
    const { messages, rest } = messagesIn(Buffer.concat([buffered, bytes]));
    buffered = rest;
    for (const message of messages) each(message);
  });
}

export class TcpProxy {
  /** Whether the reply to this command is lost, and its connection with it. The server has done it. */
  losesReplyTo: (command: Document) => boolean = () => false;
  /** Whether this command waits until `release` is called. */
  holds: (command: Document) => boolean = () => false;
  /** Whether bytes go nowhere, while every connection stays open. */
  swallows = false;
  /** How many messages went nowhere so far. */
  swallowed = 0;
  /** How long a message takes on its way, each way, in milliseconds. */
  latencyMs = 0;
  /** How many replies were lost so far. */
  lost = 0;
  /** What is held back, as it would be sent on. */
  readonly #held: (() => void)[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: number) {
    this.#server = createServer((client) => this.#join(client, target));
  }

  /** Before the mongod at `target` on loopback; closed when the test ends. */
  static async start(target: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => proxy.#close());
    return proxy;
  }

  /** For clients: through the proxy alone, whatever the set says of its members. */
  get uri(): string {
    const { port } = this.#server.address() as { port: number };
    return `mongodb://127.0.0.1:${port}/?directConnection=true`;
  }

  /** How many commands wait to be sent on. */
  get held(): number {
    return this.#held.length;
  }

  /** Holds nothing back any more. */
  release(): void {
    this.holds = () => false;
    for (const send of this.#held.splice(0)) send();
  }

  #join(client: Socket, target: number): void {
    const server = dial(target, "127.0.0.1");
    const lostIds = new Set<number>();
    const end = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", end);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    onMessages(client, (message) => {
      const command = commandOf(message);
      if (this.losesReplyTo(command)) lostIds.add(message.readInt32LE(header.id));
      const send = () => this.#pass(message, server);
      if (this.holds(command)) this.#held.push(send);
      else send();
    });
    onMessages(server, (message) => {
      if (!lostIds.has(message.readInt32LE(header.answers))) return this.#pass(message, client);
      this.lost += 1;
      end();
    });
  }

  #pass(message: Buffer, to: Socket): void {
    if (this.swallows) {
      this.swallowed += 1;
      return;
    }
    const write = () => {
      if (!to.destroyed) to.write(message);
    };
    if (this.latencyMs === 0) write();
    else setTimeout(write, this.latencyMs);
  }

  async #close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
