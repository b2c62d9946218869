/** Errors as grpc-js sends them: code, message, and the `google.rpc.Status` of the standard error model. */
import { Code, ConnectError } from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { Metadata } from "@grpc/grpc-js";

/** A status as grpc-js takes it. */
export interface GrpcStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

export const detailsKey = "grpc-status-details-bin";

/** Adds every header to the metadata; values of `-bin` names are base64 there and bytes here. */
export function addHeaders(metadata: Metadata, headers: Headers): Metadata {
  headers.forEach((value, name) => {
    metadata.set(name, name.endsWith("-bin") ? Buffer.from(value, "base64") : value);
  });
  return metadata;
}

/** The status of a failed call, with the error's metadata and details. */
export function statusOf(error: unknown): GrpcStatus {
  const known =
    error instanceof ConnectError
      ? error
      : new ConnectError("internal error", Code.Internal, undefined, undefined, error);
  const trailer = setTrailerStatus(new Headers(), known);
  // grpc-js writes these two itself.
  trailer.delete("grpc-status");
  trailer.delete("grpc-message");
  const metadata = addHeaders(new Metadata(), trailer);
  return { code: known.code, details: known.rawMessage, metadata };
}
