/** How a process ends and what it heeds: signals, errors that nobody caught. */
import { once } from "node:events";
import { expect, inject, it, onTestFinished } from "vitest";
import { exitCodes } from "../../src/base/exit-codes.ts";
import { systemRandom } from "../../src/base/random.ts";
import { launchService, runCommand, startServiceProcess } from "../support/service-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const external = () => ({
  MONGODB_URI: inject("mongoUri").replace(/\/(\?|$)/, `/endings_${systemRandom.hex(6)}$1`),
  SIGNING_SECRET: "s".repeat(32),
});

/** A module that waits for a signal and then does `what`, loaded into the service before its own code. */
const saboteur = (what: string) =>
  `--import data:text/javascript,${encodeURIComponent(`process.on("SIGUSR2",()=>{${what}})`)}`;

it.each([
  ["an error that nobody caught", 'throw new Error("sabotage")'],
  ["a rejection that nobody handled", 'Promise.reject(new Error("sabotage"))'],
])("%s ends the process, after a log", async (_name, what) => {
  const env = { ...external(), NODE_OPTIONS: saboteur(what) };
  const service = await startServiceProcess(await temporaryFolder(), ["--role", "api"], env);
  onTestFinished(() => void service.process.kill("SIGKILL"));
  expect(await service.end("SIGUSR2")).toBe(exitCodes.failed.code);
  await expect.poll(() => service.log).toContain('"sabotage"');
  expect(service.log).toMatch(/"level":60[^\n]*"msg":"uncaught error"/);
});

it("SIGHUP changes nothing, and the log says so", async () => {
  const service = await startServiceProcess(await temporaryFolder(), ["--role", "api"], external());
  onTestFinished(() => void service.process.kill("SIGKILL"));
  service.process.kill("SIGHUP");
  await expect.poll(() => service.log).toContain('"signal":"SIGHUP"');
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  expect(await service.end("SIGTERM")).toBe(exitCodes.ok.code);
});

const nowhere = {
  MONGODB_URI: "mongodb://127.0.0.1:9/?replicaSet=rs0",
  SIGNING_SECRET: "s".repeat(32),
};

it("a start gives up on a database that does not come, and says why", async () => {
  const env = { ...nowhere, DATABASE_WAIT_SECONDS: "1" };
  const launched = launchService(await temporaryFolder(), ["--role", "worker"], env);
  await expect(launched.ready).rejects.toThrow(
    /exit 1\n[\s\S]*127\.0\.0\.1:9[\s\S]*does not answer/,
  );
});

it("a start that waits for its database ends cleanly when it is told to", async () => {
  const waiting = Promise.withResolvers<void>();
  const launched = launchService(await temporaryFolder(), ["--role", "api"], nowhere, (line) => {
    if (line.includes('"waiting for the database"')) waiting.resolve();
  });
  launched.ready.catch(() => undefined);
  onTestFinished(() => void launched.process.kill("SIGKILL"));
  await waiting.promise;
  launched.process.kill("SIGTERM");
  const [code] = await once(launched.process, "exit");
  expect(code).toBe(exitCodes.ok.code);
});

it.each([
  [["serve", "--role", "nobody"]],
  [["serve", "--nothing"]],
  [["keys", "create"]],
  [["nothing"]],
])("%j is a mistake in the command", async (args) => {
  const run = runCommand(await temporaryFolder(), args);
  await expect(run).rejects.toMatchObject({
    code: exitCodes.usage.code,
    stderr: expect.stringContaining("error: "),
  });
});

it("help is no mistake", async () => {
  const { stdout } = await runCommand(await temporaryFolder(), ["serve", "--help"]);
  expect(stdout).toContain("--role");
});
