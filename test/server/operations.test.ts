/** The operators' port of a worker alone, which has no other: health and metrics, and nothing else. */
import { expect, inject, it, onTestFinished } from "vitest";
import { systemRandom } from "../../src/base/random.ts";
import { launchService } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

it("tells orchestrators and Prometheus of a worker", async () => {
  const port = Promise.withResolvers<number>();
  const name = `operations_${systemRandom.hex(6)}`;
  const env = {
    MONGODB_URI: inject("mongoUri").replace(/\/(\?|$)/, `/${name}$1`),
    SIGNING_SECRET: "s".repeat(32),
    OPERATIONS_PORT: "0",
  };
  const args = ["--role", "worker"];
  const launched = launchService(await temporaryFolder(), args, env, (line) => {
    const { operationsPort } = JSON.parse(line) as { operationsPort?: number };
    if (operationsPort !== undefined) port.resolve(operationsPort);
  });
  onTestFinished(() => void launched.process.kill("SIGKILL"));
  const url = `http://127.0.0.1:${await port.promise}`;
  const worker = await launched.ready;
  const look = async (path: string) => {
    const response = await fetch(url + path);
    return [response.status, await response.text()] as const;
  };
  expect(await look("/livez")).toEqual([200, '{"status":"alive"}']);
  const [status, report] = await look("/readyz");
  const names = ["startup", "database", "feed", "worker", "disk"];
  const checks = Object.fromEntries(names.map((each) => [each, "ok"]));
  expect([status, JSON.parse(report)]).toEqual([200, { status: "ready", checks }]);
  expect((await look("/metrics"))[1]).toMatch(/^music_change_feed_reopened_total 0$/m);
  expect((await look("/v1/music/org_a/engines"))[0]).toBe(404);
  expect((await look("/docs"))[0]).toBe(404);
  // It serves no calls: there is no URL in what it says.
  expect(worker.url).toBe("");
  expect(await worker.end("SIGTERM")).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
});
