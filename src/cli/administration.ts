/** What commands that administer the service share: they work on its database, beside it or without it. */
import { readConfig } from "../base/config.ts";
import { createLog } from "../base/log.ts";
import type { Administration } from "../compose-database.ts";
import { note } from "./output.ts";

/** Opens the database, does `work` and closes it again. */
export async function administer(work: (administration: Administration) => Promise<void>) {
  const config = readConfig(process.env);
  const { openAdministration } = await import("../compose-database.ts");
  const administration = await openAdministration(config, note, createLog(config.LOG_LEVEL));
  try {
    await work(administration);
  } finally {
    await administration.stop();
  }
}
