/** Errors that mongod gives because it is told to: the fail point `failCommand` of its test commands. */
import type { ReplicaSet } from "./mongod.ts";

/** The name that the code under test gives itself, so that nobody else meets the fail point. */
const appName = "music-generations";

/**
 * Lets these commands of the code under test fail until the returned function is called.
 * @param data of the fail point: `failCommands`, and `errorCode`, `closeConnection`, …
 * @param times how often; always when absent
 */
export async function failCommands(
  { nodes }: ReplicaSet,
  data: Readonly<Record<string, unknown>>,
  times?: number,
): Promise<() => Promise<void>> {
  const client = await nodes[0]?.client();
  const admin = client?.db("admin");
  const mode = times === undefined ? "alwaysOn" : { times };
  await admin?.command({ configureFailPoint: "failCommand", mode, data: { appName, ...data } });
  return async () => {
    await admin?.command({ configureFailPoint: "failCommand", mode: "off" });
    await client?.close();
  };
}
