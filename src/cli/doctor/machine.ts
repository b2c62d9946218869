/** Checks of this machine: Node, the data folder and its disk, and whether the ports are free. */
import { readFileSync } from "node:fs";
import { access, constants, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname } from "node:path";
import type { Config } from "../../base/config.ts";
import { freeBytes, leastFreeBytes } from "../../base/disk.ts";
import { type Check, type Finding, fault, ok, reasonOf } from "./finding.ts";

/** @param version of Node, without a `v` */
export function nodeCheck(version: string): Check {
  const file = new URL("../../../package.json", import.meta.url);
  const { engines } = JSON.parse(readFileSync(file, "utf8")) as { engines: { node: string } };
  const wanted = /\d+/.exec(engines.node)?.[0];
  return {
    name: "node",
    find: async () =>
      version.split(".")[0] === wanted
        ? ok(`Node ${version}`)
        : fault(
            `Node ${version}; ${engines.node} is needed`,
            "Run `npm ci` and start things by npm, which brings the right Node on Linux, or install it.",
          ),
  };
}

export function dataFolderCheck(dataDir: string): Check {
  return { name: "data folder", find: () => lookAtFolder(dataDir) };
}

async function lookAtFolder(dataDir: string): Promise<Finding> {
  const folder = await nearestExisting(dataDir);
  const advice = `Make ${dataDir} a folder that this user can write to, or set DATA_DIR to another.`;
  try {
    if (!(await stat(folder)).isDirectory()) return fault(`${folder} is no folder`, advice);
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    return fault(reasonOf(error), advice);
  }
  const free = await freeBytes(folder);
  const found = `${dataDir}, ${(free / 2 ** 30).toFixed(1)} GiB free`;
  if (free < leastFreeBytes) {
    return fault(found, "Free some space, delete old tracks, or set DATA_DIR to another disk.");
  }
  return ok(found);
}

/** The folder itself, or the one in which it would be made. */
async function nearestExisting(path: string): Promise<string> {
  const parent = dirname(path);
  if (parent === path) return path;
  return await access(path).then(
    () => path,
    () => nearestExisting(parent),
  );
}

/** The ports that the service would listen on; `isServing` says whether they are taken by the service itself. */
export function portChecks(config: Config, isServing: () => Promise<boolean>): readonly Check[] {
  const ports = {
    PORT: config.PORT,
    GRPC_PORT: config.GRPC_PORT,
    OPERATIONS_PORT: config.OPERATIONS_PORT,
  };
  return Object.entries(ports)
    .filter((entry): entry is [string, number] => entry[1] !== undefined)
    .map(([name, port]) => ({
      name: `port ${name}`,
      find: () => lookAtPort({ name, host: config.HOST, port }, isServing),
    }));
}

interface PortSetting {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

async function lookAtPort(
  { name, host, port }: PortSetting,
  isServing: () => Promise<boolean>,
): Promise<Finding> {
  if (port === 0) return ok("any free one");
  const problem = await listenError(host, port);
  if (problem === null) return ok(`${host}:${port} is free`);
  if (problem.code !== "EADDRINUSE") {
    return fault(reasonOf(problem), `Set ${name} or HOST to what this user may listen on.`);
  }
  if (await isServing()) return ok(`${host}:${port} is taken, by the running service`);
  const advice = `End what listens there (\`lsof -i :${port}\` names it), or set ${name} to another port.`;
  return fault(`${host}:${port} is taken by another program`, advice);
}

/** Null when it can be listened on. */
function listenError(host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.ErrnoException | null>();
  const server = createServer();
  server.once("error", resolve);
  server.listen({ host, port }, () => server.close(() => resolve(null)));
  return promise;
}
