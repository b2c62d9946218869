/**
 * The program of the child process that downloads MongoDB: `node downloader-main.ts VERSION FOLDER`
 * leaves `FOLDER/mongod`. Progress goes to standard output, the reason of a failure to standard error.
 */
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { DryMongoBinary } from "mongodb-memory-server-core/lib/util/DryMongoBinary.js";
import { MongoBinaryDownload } from "mongodb-memory-server-core/lib/util/MongoBinaryDownload.js";
import { messageOf } from "../errors.ts";

const [version = "", folder = ""] = process.argv.slice(2);
try {
  const wanted = await DryMongoBinary.generateOptions({ version, downloadDir: folder });
  const downloaded = await new MongoBinaryDownload({
    ...wanted,
    downloadDir: folder,
    checkMD5: true,
  }).getMongodPath();
  await rename(downloaded, join(folder, "mongod"));
} catch (error) {
  process.stderr.write(`${messageOf(error).split("\n").join(" ")}\n`);
  process.exitCode = 1;
}
