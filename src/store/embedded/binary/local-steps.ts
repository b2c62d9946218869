/** The steps that look on this machine only: MONGOD_BINARY, and `mongod` on PATH. */
import { access, constants } from "node:fs/promises";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { notSet, type ResolverStep } from "./step.ts";

export const environmentStep: ResolverStep = {
  name: "MONGOD_BINARY",
  explicit: true,
  find: async ({ env }) => {
    const path = env["MONGOD_BINARY"];
    return path === undefined || path === "" ? { none: notSet } : { candidates: [resolve(path)] };
  },
};

/** Relative entries of PATH are passed over: what they name depends on where one stands. */
export const pathStep: ResolverStep = {
  name: "mongod on PATH",
  find: async ({ env }) => {
    const folders = (env["PATH"] ?? "").split(delimiter).filter(isAbsolute);
    const candidates: string[] = [];
    for (const folder of folders) {
      const file = join(folder, "mongod");
      if (await isExecutable(file)) candidates.push(file);
    }
    return candidates.length > 0 ? { candidates } : { none: "none there" };
  },
};

async function isExecutable(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
