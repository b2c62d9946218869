/** The change feed over a stream in the test's hands. */

import { expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { noTelemetry } from "../../src/generations/telemetry.ts";
import { MongoChangeFeed } from "../../src/store/changes.ts";
import type { Database } from "../../src/store/index.ts";
import { silentLog } from "../support/store.ts";

/** As the driver's: once it is closed each call answers null at once (7.9.0). */
class Stream {
  closed = false;
  reads = 0;

  async close(): Promise<void> {
    this.closed = true;
  }

  bufferedCount(): number {
    return 0;
  }

  async tryNext(): Promise<null> {
    this.reads += 1;
    // Without an end this would keep the whole process busy, the test included.
    if (this.reads > 100) throw new Error("read again and again");
    return null;
  }
}

it("a stream that was closed between two reads is not read any more", async () => {
  const stream = new Stream();
  const database = { jobs: { watch: () => stream } } as unknown as Database;
  const feed = new MongoChangeFeed(
    database,
    { clock: systemClock, log: silentLog, telemetry: noTelemetry },
    60_000,
  );
  const stopped = new Promise<void>((resolve) => {
    feed.onAny(() => resolve(feed.stop()));
  });
  onTestFinished(() => feed.stop());
  await feed.start();
  await stopped;
  expect(stream.closed).toBe(true);
  expect(stream.reads).toBe(1);
});
