/**
 * The watcher: a small process between the service and mongod. It starts mongod as its own child and
 * ends it when told to or when the service is gone, however that came about: the service alone holds
 * the other end of standard input, so the kernel closes it on SIGKILL, too.
 *
 * Being mongod's parent makes this safe: there is never a mongod without a watcher, and a child's pid
 * can't be reused before its parent has collected it. The service starts the watcher in a session of
 * its own, so neither a terminal's Ctrl-C nor a signal to the service's group reaches it or mongod.
 *
 *   service ── stdin: "stop MS" or its end ──► watcher ── SIGTERM, then SIGKILL ──► mongod
 *           ◄── stdout: {"pid"}, {"code","signal"} ──
 *
 * Usage: node watcher-main.ts MONGOD ARGUMENT…; standard error is mongod's log.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** From the service's death to SIGKILL; with it mongod is gone within 5 s. */
const orphanGraceMs = 3_000;

const [mongod = "", ...args] = process.argv.slice(2);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE"] as const) {
  process.on(signal, () => undefined); // it ends when mongod does, and not before
}
process.stdout.on("error", () => undefined); // the service may be gone

const child = spawn(mongod, args, { stdio: ["ignore", 2, 2] });
if (child.pid !== undefined) report({ pid: child.pid });
child.on("error", (error) => end({ code: null, signal: null, error: error.message }));
child.on("exit", (code, signal) => end({ code, signal }));

const orders = createInterface({ input: process.stdin });
process.stdin.on("error", () => endMongod(orphanGraceMs));
orders.on("line", (line) => {
  const graceMs = /^stop (\d+)$/.exec(line)?.[1];
  if (graceMs !== undefined) endMongod(Number(graceMs));
});
orders.on("close", () => endMongod(orphanGraceMs));

function endMongod(graceMs: number): void {
  child.kill("SIGTERM");
  setTimeout(() => child.kill("SIGKILL"), graceMs);
}

function report(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

function end(how: object): void {
  report(how);
  process.exit();
}
