/**
 * The files for containers. No engine is needed: a linter and these facts stand for a build, which is tried
 * only where `docker` has an engine that answers.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DockerfileParser } from "dockerfile-ast";
import { validate } from "dockerfile-utils";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readConfig } from "../../src/base/config.ts";
import { has } from "../examples/tools.ts";

const root = join(import.meta.dirname, "../..");
const readIn = (path: string) => readFileSync(join(root, path), "utf8");
const dockerfile = readIn("Dockerfile");
const instructions = DockerfileParser.parse(dockerfile).getInstructions();

function instruction(name: string): string[] {
  return instructions
    .filter((each) => each.getInstruction() === name)
    .map((each) => each.getArgumentsContent() ?? "");
}

/** The file and all that it imports, now or later, or starts as a thread or a process. */
function filesFrom(file: string, known = new Set<string>()): string[] {
  if (known.has(file) || !existsSync(file)) return [];
  known.add(file);
  const named = readFileSync(file, "utf8").matchAll(/"(\.[^"\s]*\.ts)"/g);
  for (const [, path = ""] of named) filesFrom(resolve(dirname(file), path), known);
  return [...known];
}

describe("the image", () => {
  it("passes the linter", () => {
    expect(validate(dockerfile)).toEqual([]);
  });

  it("passes hadolint (skipped where it is not installed)", ({ skip }) => {
    if (!has("hadolint", "--version")) skip("hadolint is not installed");
    const { status, stdout } = spawnSync("hadolint", ["Dockerfile"], {
      cwd: root,
      encoding: "utf8",
    });
    expect([status, stdout]).toEqual([0, ""]);
  });

  it("has stages, an unprivileged user as the last one, and a check of its health", () => {
    expect(instruction("FROM")).toHaveLength(2);
    expect(instruction("USER").at(-1)).toBe("1000:1000");
    expect(instruction("HEALTHCHECK")[0]).toContain("/livez");
    expect(instruction("ENTRYPOINT")).toEqual(['["node", "src/main.ts"]']);
  });

  it("has the Node that the project asks for", () => {
    const { engines } = JSON.parse(readIn("package.json")) as { engines: { node: string } };
    const major = /\d+/.exec(engines.node)?.[0];
    for (const stage of instruction("FROM")) expect(stage).toMatch(new RegExp(`^node:${major}-`));
  });

  it("copies what is there, and what is not ignored", () => {
    const copies = dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm);
    const sources = [...copies].flatMap(([, text = ""]) => text.split(/\s+/));
    expect(sources).toContain("src");
    const rules = readIn(".dockerignore").split("\n");
    for (const source of sources) {
      expect([source, existsSync(join(root, source))]).toEqual([source, true]);
      expect(rules).toContain(`!${source}`);
    }
  });

  it("has every package that the sources import", () => {
    const { dependencies } = JSON.parse(readIn("package.json")) as { dependencies: object };
    const imported = filesFrom(join(root, "src/main.ts"))
      .flatMap((file) => [
        ...readFileSync(file, "utf8")
          .replaceAll(/^import type .*$/gm, "")
          .matchAll(/(?:from|import\() ?"([@a-z][\w./:@-]*)"/g),
      ])
      .map(([, name = ""]) =>
        name
          .split("/")
          .slice(0, name.startsWith("@") ? 2 : 1)
          .join("/"),
      )
      .filter((name) => !name.startsWith("node:"));
    expect(imported.length).toBeGreaterThan(50);
    expect([...new Set(imported)].filter((name) => !(name in dependencies))).toEqual([]);
  });

  it("builds (skipped without an engine)", ({ skip }) => {
    if (!has("docker", "info")) skip("no container engine answers");
    const { status } = spawnSync("docker", ["build", "."], { cwd: root, stdio: "inherit" });
    expect(status).toBe(0);
  });
});

interface Service {
  readonly image: string;
  readonly command: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly stop_grace_period?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly deploy?: { readonly replicas: number };
  readonly healthcheck?: { readonly test: readonly string[] };
}

describe("the compose file", () => {
  const { services } = parse(readIn("compose.yaml"), { merge: true }) as {
    services: Readonly<Record<"api" | "worker" | "database", Service>>;
  };
  const { api, worker, database } = services;

  it("has calls, two workers, and a replica set that makes itself", () => {
    expect(api.command).toEqual(["serve", "--role", "api"]);
    expect(worker).toMatchObject({
      command: ["serve", "--role", "worker"],
      deploy: { replicas: 2 },
    });
    expect(database.image).toMatch(/^mongo:8/);
    expect(database.command).toContain("--replSet");
    expect(database.healthcheck?.test.at(-1)).toContain("rs.initiate(");
    expect(database.healthcheck?.test.at(-1)).toContain('host: "database:27017"');
  });

  it.each([
    ["api", api],
    ["worker", worker],
  ])("%s has a read-only root, no capability, and waits for its database", (_name, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ["ALL"],
      depends_on: { database: { condition: "service_healthy" } },
    });
  });

  it("gives settings that are valid, and time to drain", () => {
    const given = Object.entries(api.environment).map(([name, value]) => {
      const filled = value.replace(/\$\{\w+:\?[^}]*\}/g, "s".repeat(32));
      return [name, filled.replace(/\$\{\w+:-([^}]*)\}/g, "$1")];
    });
    const config = readConfig(Object.fromEntries(given));
    expect(config.MONGODB_URI).toContain("replicaSet=rs0");
    const grace = Number.parseInt(api.stop_grace_period ?? "", 10);
    expect(grace).toBeGreaterThan(config.DRAIN_SECONDS);
  });
});
