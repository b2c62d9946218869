/** One call of the REST face, as the interceptors and the implementation see it. */
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { ContextValues, HandlerContext } from "@connectrpc/connect";
import { LazyHeaders } from "../base/lazy-headers.ts";
import type { Lifetime } from "./lifetime.ts";

/** What the first checks found of it. */
interface Admitted {
  readonly header: Headers;
  readonly contextValues: ContextValues;
  readonly lifetime: Lifetime;
}

/** As Connect makes it for the RPC faces, but without timers and signals of its own. */
export class RestCall implements HandlerContext {
  readonly protocolName = "rest";
  readonly requestMethod = "POST";
  readonly service: DescService;
  readonly method: DescMethod;
  readonly url: string;
  readonly signal: AbortSignal;
  readonly requestHeader: Headers;
  readonly responseHeader: Headers = new LazyHeaders();
  readonly responseTrailer: Headers = new LazyHeaders();
  readonly values: ContextValues;
  readonly #lifetime: Lifetime;

  constructor(method: DescMethod, url: string, { header, contextValues, lifetime }: Admitted) {
    this.service = method.parent;
    this.method = method;
    this.url = url;
    this.signal = lifetime.signal;
    this.requestHeader = header;
    this.values = contextValues;
    this.#lifetime = lifetime;
  }

  readonly timeoutMs = (): number | undefined => this.#lifetime.remainingMs();
}
