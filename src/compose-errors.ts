/** How whatever goes wrong outside of a call becomes an error of the table, on every face. */
import type { ConnectError } from "@connectrpc/connect";
import {
  serviceErrorOf,
  serviceErrorOfFault,
  serviceErrorOfStatus,
  toConnectError,
  toEnvelope,
} from "./api/errors.ts";
import { requestIdOf } from "./api/request-id.ts";
import { type RpcFault, serviceErrorOfRpcFault } from "./api/rpc-faults.ts";
import { systemClock as clock } from "./base/clock.ts";
import type { Log } from "./base/log.ts";
import { systemRandom as random } from "./base/random.ts";
import { GatewayError } from "./gateway/index.ts";
import { ServiceError } from "./generations/failures.ts";
import { uncached } from "./server/app.ts";
import type { EncodeProtocolError } from "./server/listener/index.ts";

/** The error codes of what never became a request. */
const protocolFailures = {
  request_timeout: "request_timeout",
  headers_too_large: "headers_too_large",
  bad_request: "malformed_request",
} as const;

/** Of no address of the service; a 405 says what there is (RFC 9110, section 15.5.6). */
export function unknownMethod(): ServiceError {
  return new ServiceError("method_not_allowed", {
    systemMessage: "No address of this service has that HTTP method",
    headers: { allow: "DELETE, GET, HEAD, OPTIONS, POST" },
  });
}

/** The answer to what never became a request. */
export const encodeProtocolError: EncodeProtocolError = (kind) => {
  const error =
    kind === "unknown_method" ? unknownMethod() : new ServiceError(protocolFailures[kind]);
  const id = requestIdOf(null, random);
  const { status, headers, body } = encodeError(error, id);
  const own = { "content-type": "application/json; charset=utf-8", "x-request-id": id };
  return { status, headers: { ...uncached, ...headers, ...own }, body: JSON.stringify(body) };
};

/** The standard error model of what an RPC library refused; `log` hears of it, too. */
export function encodeFaultTo(log: Log): (fault: RpcFault, requestId: string) => ConnectError {
  return (fault, requestId) => {
    const error = serviceErrorOfRpcFault(fault);
    log.debug({ requestId, code: error.code, err: error.cause }, "call refused");
    return toConnectError(error, requestId);
  };
}

/** The envelope of whatever reached the HTTP application. */
export function encodeError(error: unknown, requestId: string) {
  return toEnvelope(knownError(error), requestId, clock.now());
}

/** The error of the table that this is. */
export function knownError(error: unknown): ServiceError {
  if (error instanceof GatewayError) return serviceErrorOfFault(error);
  const status = (error as { statusCode?: unknown }).statusCode;
  return typeof status === "number" ? serviceErrorOfStatus(status, error) : serviceErrorOf(error);
}
