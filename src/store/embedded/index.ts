/** What the rest of the service may use of the embedded database. */
export { type AttachedDatabase, type AttachOptions, attachOrStart } from "./attach.ts";
export { localSteps, type ResolveOptions, resolveMongod } from "./binary/resolve.ts";
export type { MongodBinary } from "./binary/version.ts";
export { isConnectionLoss } from "./connection-loss.ts";
export { EmbeddedMongod, type EmbeddedMongodOptions } from "./embedded-mongod.ts";
export { DatabaseError, type DatabaseFault } from "./errors.ts";
export { type Report, type ReportLine, silent } from "./report.ts";
export { connectExternal, redactUri, type ServerFacts, verifyServer } from "./verify-server.ts";
