/** Calls of the database: a limit of time, and which errors mean that it is not there. */
import { MongoBulkWriteError, MongoNetworkError, MongoServerError } from "mongodb";
import { expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { DatabaseCalls } from "../../src/media/database-call.ts";
import { handClock } from "./support.ts";

test("a call that is never answered ends, and its signal says so", async () => {
  // Whose sleep is over at once.
  const calls = new DatabaseCalls(handClock(), 15_000);
  let given: AbortSignal | undefined;
  const call = calls.run((signal) => {
    given = signal;
    return new Promise(() => undefined);
  });
  await expect(call).rejects.toMatchObject({
    code: "SERVICE_UNAVAILABLE",
    cause: { message: "the database did not answer within 15000 ms" },
  });
  expect(given?.aborted).toBe(true);
});

const lost = { code: "ECONNRESET", syscall: "read" };
test.each([
  ["of the network", new MongoNetworkError("read ECONNRESET")],
  ["of a shutdown that may not be tried again", new MongoServerError({ code: 91 })],
  [
    "of which a bulk write left no code",
    new MongoBulkWriteError({ message: "?" } as never, null as never),
  ],
  ["of the operating system, bare", Object.assign(new Error("read ECONNRESET"), lost)],
  ["of a step-down", new MongoServerError({ code: 189, errorLabels: ["RetryableWriteError"] })],
  [
    "of the operating system, in that of a bulk write",
    new MongoBulkWriteError(lost as never, null as never),
  ],
])("an error %s says that the service is unavailable", async (_, error) => {
  const call = new DatabaseCalls(systemClock, 60_000).run(() => Promise.reject(error));
  await expect(call).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE", cause: error });
});

test("any other error of the database passes as it is", async () => {
  const error = new MongoServerError({ code: 13, message: "not authorized" });
  const call = new DatabaseCalls(systemClock, 60_000).run(() => Promise.reject(error));
  await expect(call).rejects.toBe(error);
});
