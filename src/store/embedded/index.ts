/** What the rest of the service may use of the embedded database. */
export { type ResolveOptions, resolveMongod } from "./binary/resolve.ts";
export type { MongodBinary } from "./binary/version.ts";
export { EmbeddedMongod, type EmbeddedMongodOptions } from "./embedded-mongod.ts";
export { DatabaseError, type DatabaseFault } from "./errors.ts";
export { type Report, type ReportLine, silent } from "./report.ts";
