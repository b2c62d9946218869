/**
 * A service that does nothing but run the embedded database in the folder given to it: the tests kill
 * it. It prints one line of JSON when it serves, stops on SIGTERM, and does not mind SIGINT.
 */
import { EmbeddedMongod, silent } from "../../../src/store/embedded/index.ts";

const mongod = new EmbeddedMongod({ dataDir: process.argv[2] ?? "", report: silent });
process.once("SIGTERM", () => mongod.stop().then(() => process.exit(0)));
process.on("SIGINT", () => undefined);
await mongod.start();
const { uri, pid, watcherPid } = mongod;
process.stdout.write(`${JSON.stringify({ uri, pid, watcherPid })}\n`);
