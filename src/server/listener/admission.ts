/** Who may connect: so many in all, and so many of one address. */
import type { ListenerLimits } from "./limits.ts";

export class Admission {
  readonly #limits: ListenerLimits;
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  constructor(limits: ListenerLimits) {
    this.#limits = limits;
  }

  /** Connections now. */
  get total(): number {
    return this.#total;
  }

  /** Counts a connection from `address` in; false, and not counted, when there are too many. */
  enter(address: string): boolean {
    const key = addressKey(address);
    const held = this.#byAddress.get(key) ?? 0;
    if (this.#total >= this.#limits.maxConnections) return false;
    if (held >= this.#limits.maxConnectionsPerAddress) return false;
    this.#byAddress.set(key, held + 1);
    this.#total += 1;
    return true;
  }

  /** Counts a connection out that `enter` counted in. */
  leave(address: string): void {
    const key = addressKey(address);
    const held = this.#byAddress.get(key) ?? 0;
    if (held > 1) this.#byAddress.set(key, held - 1);
    else this.#byAddress.delete(key);
    this.#total -= 1;
  }
}

/**
 * What counts as one address: an IPv4 address, also when it comes as `::ffff:192.0.2.1`, and the first
 * four groups of an IPv6 one, because a subscriber commonly owns a whole /64 (RFC 6177).
 */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("%")[0]!.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  return [...first, ...Array<string>(zeros).fill("0"), ...last].slice(0, 4).join(":");
}
