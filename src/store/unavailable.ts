/**
 * Turns what befalls a call of the database into the errors that callers are told of; every other error
 * passes.
 */
import { TimeUp } from "../base/time-limit.ts";
import { ServiceError } from "../generations/failures.ts";
import { isDeadline } from "./bounds.ts";
import { isConnectionLoss } from "./embedded/index.ts";

type Methods = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

/**
 * The same methods. The loss of the database, or its silence, is SERVICE_UNAVAILABLE; an answer that is
 * too late for the caller DEADLINE_EXCEEDED.
 */
export function withUnavailability<T extends object>(port: T): T {
  const wrap =
    (method: Methods[string]) =>
    async (...args: never[]) => {
      try {
        return await method(...args);
      } catch (error) {
        if (isDeadline(error)) throw new ServiceError("deadline_exceeded", { cause: error });
        if (!(error instanceof TimeUp) && !isConnectionLoss(error)) throw error;
        throw new ServiceError("service_unavailable", { cause: error });
      }
    };
  const wrapped = Object.entries(port as Methods).map(([name, method]) => [name, wrap(method)]);
  return Object.fromEntries(wrapped) as T;
}
