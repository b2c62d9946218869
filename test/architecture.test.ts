/** The import directions of the design, and that time and chance come from `src/base` alone. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");
const source = join(root, "src");

/** What each folder may import beside itself and packages. `main.ts` and `compose.ts` may import all. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  base: [],
  generations: ["base"],
  studio: ["base"],
  store: ["generations", "base"],
  worker: ["generations", "base"],
  media: ["generations", "base"],
  engines: ["studio", "generations", "base"],
  api: ["generations", "base", "gen"],
  gateway: ["base", "gen"],
  // It describes what the gateway serves, by the gateway's own bindings and names.
  openapi: ["gateway", "gen"],
  server: ["base"],
  policy: ["generations", "base"],
  metrics: ["generations", "base"],
  tracing: ["base"],
  // The command line is a client; it starts the service through the composition root.
  // Its JSON is that of the gateway's printer.
  cli: [
    "base",
    "gen",
    "generations",
    "gateway",
    "compose.ts",
    "compose-database.ts",
    "compose-installation.ts",
  ],
};

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const found = text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  return [...found].map(([, path]) => resolve(dirname(file), path ?? ""));
}

/** The folder (or file) directly under `src`, or `gen`. */
function partOf(file: string): string {
  const path = relative(source, file);
  if (!path.startsWith("..")) return path.split("/")[0] ?? "";
  return relative(root, file).split("/")[0] ?? "";
}

const files = filesUnder(source);

describe("imports point inward", () => {
  it.each(Object.keys(allowed))("%s", (part) => {
    const own = files.filter((file) => partOf(file) === part);
    expect(own.length).toBeGreaterThan(0);
    const outside = own.flatMap((file) =>
      importsOf(file)
        .map(partOf)
        .filter((target) => target !== part && !allowed[part]?.includes(target))
        .map((target) => `${relative(root, file)} imports ${target}`),
    );
    expect(outside).toEqual([]);
  });

  it("every folder has a rule", () => {
    const parts = new Set(files.map(partOf).filter((part) => !part.endsWith(".ts")));
    expect([...parts].filter((part) => !(part in allowed))).toEqual([]);
  });

  it.each(["gateway", "openapi"])("%s sees no generated music", (part) => {
    const music = files
      .filter((file) => partOf(file) === part)
      .flatMap(importsOf)
      .filter((target) => target.includes("/gen/music/"));
    expect(music).toEqual([]);
  });
});

describe("time and chance are injected", () => {
  const ambient = /\bDate\.now\(|\bMath\.random\(|\bnew Date\(\)|\bperformance\.now\(/;

  it("nothing outside src/base reads them", () => {
    const offenders = files
      .filter((file) => partOf(file) !== "base")
      .filter((file) => ambient.test(readFileSync(file, "utf8")))
      .map((file) => relative(root, file));
    expect(offenders).toEqual([]);
  });
});

describe("every source file says what it is for", () => {
  it("opens with a comment", () => {
    const silent = files
      .filter((file) => !/^(#!.*\n)?(\/\*\*|\/\/)/.test(readFileSync(file, "utf8")))
      .map((file) => relative(root, file));
    expect(silent).toEqual([]);
  });
});
