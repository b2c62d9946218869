/** The metadata of a gRPC call as headers, read where grpc-js has it. */
import type { Metadata } from "@grpc/grpc-js";
import { LazyHeaders } from "../../base/lazy-headers.ts";

export class RequestHeaders extends LazyHeaders {
  readonly #metadata: Metadata;

  constructor(metadata: Metadata) {
    super();
    this.#metadata = metadata;
  }

  protected override read(name: string): string | null {
    const values = this.#metadata.get(name);
    return values.length === 0 ? null : values.map(textOf).join(", ");
  }

  protected override *all(): Iterable<readonly [string, string]> {
    for (const [name, values] of Object.entries(this.#metadata.toHttp2Headers())) {
      yield [name, [values].flat().join(", ")];
    }
  }
}

/** Bytes are base64 in a header. */
function textOf(value: string | Buffer): string {
  return typeof value === "string" ? value : value.toString("base64");
}
