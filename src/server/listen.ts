/** Listening on a port, with an error that a person can act on. */
import type { AddressInfo, Server } from "node:net";

export interface ListenAddress {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** The setting that the port comes from, for the error. */
  readonly setting: string;
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "something else listens there already",
  EACCES: "this process may not listen there",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "there is no such host",
};

/**
 * Resolves with the address once connections are accepted.
 * @throws Error that names the setting, the address and the reason
 */
export function listenOn(server: Server, at: ListenAddress): Promise<AddressInfo> {
  const { host, port, setting } = at;
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      const reason = reasons[error.code ?? ""] ?? error.message;
      const where = `${addressText({ address: host, port })} (HOST and ${setting})`;
      reject(new Error(`cannot listen on ${where}: ${reason}`, { cause: error }));
    };
    server.once("error", fail);
    server.listen({ host, port }, () => {
      server.off("error", fail);
      resolve(server.address() as AddressInfo);
    });
  });
}

/** `host:port`, with an IPv6 address in brackets. */
export function addressText({ address, port }: { address: string; port: number }): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
