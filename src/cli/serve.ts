/** `serve`: the service, until SIGTERM or SIGINT. A second signal ends it at once. */
import { type Command, Option } from "commander";
import { type Role, readConfig, roles } from "../base/config.ts";
import { type ExitKind, exitCode } from "../base/exit-codes.ts";
import { createLog, type Log } from "../base/log.ts";
import { withExamples } from "./output.ts";

async function serve({ role }: { role: Role }): Promise<void> {
  const config = readConfig(process.env);
  // Loaded here: it takes a second, which no other command has to wait for.
  const { createServiceProcess } = await import("../compose.ts");
  const log = createLog(config.LOG_LEVEL);
  const ended = Promise.withResolvers<ExitKind>();
  const fail = (error: unknown, message: string) => {
    log.fatal({ err: error }, message);
    ended.resolve("failed");
  };
  listenToSignals(log, () => ended.resolve("ok"));
  const onFatal = (error: Error) => fail(error, "the service cannot go on");
  const service = createServiceProcess(config, { log, onFatal }, role);
  try {
    await Promise.race([service.start(), ended.promise]);
    process.exitCode = exitCode(await ended.promise);
  } catch (error) {
    log.fatal({ err: error }, "the service did not start");
    process.exitCode = exitCode("failed");
  } finally {
    await service.stop();
  }
  log.info("stopped");
}

/** What comes from outside of the program's order: signals, and errors that nobody caught. */
function listenToSignals(log: Log, stop: () => void): void {
  // Also a rejection that nobody handled. What it left behind is not known: the process must not go on.
  process.on("uncaughtException", (error) => {
    log.fatal({ err: error }, "uncaught error");
    process.exit(exitCode("failed"));
  });
  let asked = false;
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      if (asked) process.exit(exitCode("interrupted"));
      asked = true;
      log.info({ signal: name }, "stopping");
      stop();
    });
  }
  process.on("SIGHUP", () => {
    log.warn({ signal: "SIGHUP" }, "nothing is read again: settings are read at the start only");
  });
}

/** Adds the command to `program`. */
export function addServeCommand(program: Command): void {
  const role = new Option("--role <role>", "serve calls, run jobs, or all of it")
    .choices(roles)
    .default("all");
  const command = program
    .command("serve")
    .description("Run the service; its settings come from the environment")
    .addOption(role)
    .action(serve);
  withExamples(command, "music serve", "music serve --role worker");
}
