/** A look into another Node process by its inspector (the Chrome DevTools Protocol): what it holds, exactly. */

export interface Holdings {
  /** Of live objects, right after a collection. */
  readonly heapBytes: number;
  /** What keeps the event loop alive, by kind: `TCPSocketWrap`, `Timeout`, … */
  readonly resources: Readonly<Record<string, number>>;
}

/** Node prints it when it is started with `--inspect=127.0.0.1:0`. */
export const inspectorUrl = /ws:\/\/127\.0\.0\.1:\S+/;

const held = `(() => {
  const resources = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return JSON.stringify({ heapBytes: process.memoryUsage().heapUsed, resources });
})()`;

interface Reply {
  readonly id?: number;
  readonly result?: { readonly result?: { readonly value?: string } };
  readonly error?: unknown;
}

export class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const reply = JSON.parse(String(data)) as Reply;
      this.#waiting.get(reply.id ?? 0)?.(reply);
    });
  }

  static async connect(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", reject);
    });
    return new Inspector(socket);
  }

  /** Collects garbage first. */
  async look(): Promise<Holdings> {
    await this.#call("HeapProfiler.enable");
    await this.#call("HeapProfiler.collectGarbage");
    const { result } = await this.#call("Runtime.evaluate", { expression: held });
    return JSON.parse(result?.result?.value ?? "") as Holdings;
  }

  close(): void {
    this.#socket.close();
  }

  async #call(method: string, params: object = {}): Promise<Reply> {
    this.#last += 1;
    const id = this.#last;
    const reply = await new Promise<Reply>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
    this.#waiting.delete(id);
    if (reply.error !== undefined) throw new Error(`${method}: ${JSON.stringify(reply.error)}`);
    return reply;
  }
}
