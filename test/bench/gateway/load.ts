/** Calls over keep-alive connections, one at a time on each, with as little work of its own as can be. */
import net from "node:net";

/** Sends `request` until `calls` have been answered with a status of 2xx; resolves with the seconds. */
export async function load(
  port: number,
  request: string,
  calls: number,
  connections: number,
): Promise<number> {
  const bytes = Buffer.from(request, "latin1");
  const started = process.hrtime.bigint();
  let left = calls;
  const connection = () =>
    new Promise<void>((resolve, reject) => {
      const socket = net.connect(port, "127.0.0.1", () => next());
      socket.setNoDelay(true);
      let need = -1;
      let got = 0;
      const next = () => {
        if (left-- > 0) socket.write(bytes);
        else socket.end(() => resolve());
      };
      socket.on("error", reject);
      socket.on("data", (chunk: Buffer) => {
        if (need < 0) {
          const head = chunk.subarray(0, 1_024).toString("latin1");
          const end = head.indexOf("\r\n\r\n");
          const length = /content-length: (\d+)/i.exec(head)?.[1];
          if (!/^HTTP\/1\.1 2/.test(head) || end < 0 || length === undefined) {
            return reject(new Error(head));
          }
          need = end + 4 + Number(length);
        }
        got += chunk.length;
        if (got < need) return;
        need = -1;
        got = 0;
        next();
      });
    });
  // It never sleeps, so that no server pays for waking it.
  let busy = true;
  const spin = () => void (busy && setImmediate(spin));
  spin();
  await Promise.all(Array.from({ length: connections }, connection));
  busy = false;
  return Number(process.hrtime.bigint() - started) / 1e9;
}
