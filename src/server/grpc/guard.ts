/**
 * What surrounds every call of the port, whatever its service: the request id, the bound on metadata, details
 * for the errors that grpc-js itself answers with, and an end at a shutdown for those that have none.
 *
 * grpc-js sends its own statuses (a message that is too large, a deadline that passed) by the `sendStatus` of
 * the innermost call, where no interceptor of its kind sees them; so that method is replaced.
 */
import { type Metadata, type ServerInterceptor, status as statuses } from "@grpc/grpc-js";
import { detailsKey, type GrpcStatus } from "./status.ts";

const { OK } = statuses;

type InnerCall = Parameters<ServerInterceptor>[1];

/** Why the port, not the implementation, ends a call. */
export type PortFault =
  | { readonly kind: "metadata_too_large" }
  | { readonly kind: "stopping" }
  | { readonly kind: "unknown_method"; readonly path: string }
  /** grpc-js said so; `received` tells whether it had handed the request over by then. */
  | { readonly kind: "library"; readonly status: LibraryStatus; readonly received: boolean };

interface LibraryStatus {
  readonly code?: number | null;
  readonly details?: string | null;
}

export interface GuardOptions {
  /** The services whose errors are ours. */
  readonly services: readonly string[];
  readonly maxMetadataBytes: number;
  readonly requestId: (sent: string | undefined) => string;
  readonly encodeFault: (fault: PortFault, requestId: string) => GrpcStatus;
}

/** The metadata key of the request id, in and out. */
export const requestIdKey = "x-request-id";

export class CallGuard {
  readonly #options: GuardOptions;
  /** What the paths of our services begin with. */
  readonly #prefixes: readonly string[];
  /** Calls that have begun and not ended, and whether they are of our services. */
  readonly #open = new Map<InnerCall, boolean>();
  #onQuiet: (() => void) | null = null;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#prefixes = options.services.map((name) => `/${name}/`);
  }

  readonly interceptor: ServerInterceptor = ({ path }, call) => {
    const own = this.#prefixes.some((prefix) => path.startsWith(prefix));
    this.#surround(call, own);
    return call as ReturnType<ServerInterceptor>;
  };

  /** Ends the calls of foreign services, which do not know of a shutdown: those are told to come again. */
  endForeign(): void {
    for (const [call, own] of this.#open) {
      if (own) continue;
      const id = this.#options.requestId(undefined);
      call.sendStatus(this.#options.encodeFault({ kind: "stopping" }, id));
    }
  }

  /** Resolves when no call is open. */
  async quiet(): Promise<void> {
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onQuiet = resolve;
    });
  }

  #surround(call: InnerCall, own: boolean): void {
    const { requestId, encodeFault, maxMetadataBytes } = this.#options;
    const { sendStatus, start } = call;
    let id = "";
    let received = false;
    call.sendStatus = (sent) => {
      // What a foreign service answers is its own; what it never got to see is the library's.
      if (sent.code === OK || (!own && received)) {
        sendStatus.call(call, sent);
        return;
      }
      id ||= requestId(undefined);
      const known = (sent.metadata?.get(detailsKey).length ?? 0) > 0;
      const status = known ? sent : encodeFault({ kind: "library", status: sent, received }, id);
      // An error has no headers that it could be in.
      status.metadata?.set(requestIdKey, id);
      sendStatus.call(call, status);
    };
    call.start = (listener) => {
      // Not a copy of them all: grpc-js calls them as methods of the listener.
      const { onReceiveMetadata, onReceiveHalfClose, onCancel } = listener;
      listener.onReceiveMetadata = (metadata) => {
        this.#open.set(call, own);
        id = requestId(metadata.get(requestIdKey)[0]?.toString());
        metadata.set(requestIdKey, id);
        if (sizeOf(metadata) <= maxMetadataBytes) onReceiveMetadata.call(listener, metadata);
        else call.sendStatus(encodeFault({ kind: "metadata_too_large" }, id));
      };
      listener.onReceiveHalfClose = () => {
        received = true;
        onReceiveHalfClose.call(listener);
      };
      listener.onCancel = () => {
        this.#leave(call);
        onCancel.call(listener);
      };
      start.call(call, listener);
    };
  }

  #leave(call: InnerCall): void {
    this.#open.delete(call);
    if (this.#open.size === 0) this.#onQuiet?.();
  }
}

/** As SETTINGS_MAX_HEADER_LIST_SIZE counts (RFC 9113, section 6.5.2). */
function sizeOf(metadata: Metadata): number {
  let size = 0;
  const all = metadata.toJSON();
  for (const name in all) {
    for (const value of all[name] ?? []) size += name.length + value.length + 32;
  }
  return size;
}
