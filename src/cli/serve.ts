/** `serve`: the service, until SIGTERM or SIGINT. A second signal ends it at once. */
import { type Command, Option } from "commander";
import { readConfig } from "../base/config.ts";
import { createLog } from "../base/log.ts";
import { createServiceProcess, type Role, roles } from "../compose.ts";

/** Exit codes: 0 after a clean stop, 1 when something failed, 130 on a second signal. */
async function serve({ role }: { role: Role }): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config.LOG_LEVEL);
  const ended = Promise.withResolvers<number>();
  const fail = (error: unknown, message: string) => {
    log.fatal({ err: error }, message);
    ended.resolve(1);
  };
  process.on("uncaughtException", (error) => {
    log.fatal({ err: error }, "uncaught error");
    process.exit(1);
  });
  let asked = false;
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      if (asked) process.exit(130);
      asked = true;
      log.info({ signal: name }, "stopping");
      ended.resolve(0);
    });
  }
  const onFatal = (error: Error) => fail(error, "the service cannot go on");
  const service = createServiceProcess(config, { log, onFatal }, role);
  try {
    await Promise.race([service.start(), ended.promise]);
    process.exitCode = await ended.promise;
  } catch (error) {
    log.fatal({ err: error }, "the service did not start");
    process.exitCode = 1;
  } finally {
    await service.stop();
  }
  log.info("stopped");
}

/** Adds the command to `program`. */
export function addServeCommand(program: Command): void {
  const role = new Option("--role <role>", "serve calls, run jobs, or all of it")
    .choices(roles)
    .default("all");
  program.command("serve").description("Run the service").addOption(role).action(serve);
}
