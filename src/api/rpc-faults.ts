/** What the RPC libraries find wrong with a call before, or beside, the implementation, as domain errors. */
import { Code, ConnectError } from "@connectrpc/connect";
import { ServiceError } from "../generations/failures.ts";
import { serviceErrorOf, unreadableMessage } from "./errors.ts";

/** A fault that a library found, or a port. */
export type RpcFault =
  | { readonly kind: "metadata_too_large" }
  | { readonly kind: "stopping" }
  | { readonly kind: "unknown_method"; readonly path: string }
  | { readonly kind: "library"; readonly status: LibraryStatus; readonly received: boolean };

/** A status that the library answers by itself; `received` tells whether it had a whole request by then. */
interface LibraryStatus {
  readonly code?: number | null;
}

/** The domain error of a fault that the port found. */
export function serviceErrorOfRpcFault(fault: RpcFault): ServiceError {
  switch (fault.kind) {
    case "metadata_too_large":
      return new ServiceError("headers_too_large");
    case "stopping":
      return serviceStopping();
    case "unknown_method":
      return new ServiceError("route_not_found", {
        systemMessage: `There is no method ${fault.path}`,
      });
    case "library":
      return serviceErrorOfLibrary(fault.status, fault.received);
  }
}

/** Until it has a whole request, a library finds faults in what was sent; after that, in us. */
function serviceErrorOfLibrary(status: LibraryStatus, received: boolean): ServiceError {
  const cause = new ConnectError("found by the library", (status.code ?? Code.Internal) as Code);
  cause.cause = status;
  const known = serviceErrorOf(cause);
  if (known.kind === "payload_too_large" && received) {
    return new ServiceError("internal_error", { cause });
  }
  return known.kind === "internal_error" && !received ? unreadableMessage(cause) : known;
}

/** Told to whoever still listens when the service stops. */
export function serviceStopping(): ServiceError {
  return new ServiceError("service_unavailable", {
    systemMessage: "The service is stopping; connect again",
    retryAfterSeconds: 1,
  });
}
