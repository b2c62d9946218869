/** The documents against the code: links, parts of files, generated pages, and every command run. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { commandsOf, makeReference } from "../../docs/generate.ts";
import { createProgram } from "../../src/cli/program.ts";
import { has } from "../examples/tools.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { type Document, documents, linksOf, root } from "./documents.ts";

vi.setConfig({ testTimeout: 240_000 });

const readIn = (path: string) => readFileSync(join(root, path), "utf8");

describe("what documents say", () => {
  it("is found by its links", () => {
    const broken = documents.flatMap((document) =>
      linksOf(document)
        .filter((target) => !existsSync(target))
        .map((target) => `${document.path}: ${target}`),
    );
    expect(broken).toEqual([]);
    expect(documents.flatMap(linksOf).length).toBeGreaterThan(40);
  });

  it("of files is in them, word for word", () => {
    const parts = documents.flatMap(({ blocks }) => blocks.filter(({ from }) => from !== null));
    expect(parts.length).toBeGreaterThan(5);
    for (const { from, text } of parts) expect(readIn(from ?? "")).toContain(text);
  });

  it("as code is run, a part of a file, or says why not", () => {
    const inert = ["", "text", "mermaid"];
    const loose = documents.flatMap(({ path, blocks }) =>
      blocks
        .filter(({ language, from, notRun }) => {
          return !inert.includes(language) && language !== "sh" && from === null && notRun === null;
        })
        .map(({ language, text }) => `${path}: ${language} ${text.slice(0, 40)}`),
    );
    expect(loose).toEqual([]);
  });

  it("as a diagram ends no line before its end: Mermaid takes a semicolon for that", () => {
    const diagrams = documents.flatMap(({ blocks }) => {
      return blocks.filter(({ language }) => language === "mermaid");
    });
    expect(diagrams.length).toBeGreaterThan(3);
    for (const { text } of diagrams) expect(text).not.toContain(";");
  });

  it.each(Object.entries(makeReference()))("%s is what the code says now", (path, text) => {
    expect(readIn(`docs/${path}`)).toBe(text);
  });

  it("of races is the table beside the transitions", () => {
    const comment = readIn("src/generations/state.ts").matchAll(/^ \* (\|.*\|)$/gm);
    const rows = [...comment].map(([, row = ""]) => row);
    expect(rows.length).toBeGreaterThan(10);
    expect(readIn("docs/explanation/protocol.md")).toContain(rows.join("\n"));
  });
});

let service: TestService;
let folder: string;
beforeAll(async () => {
  service = await startTestService();
  folder = await mkdtemp(join(tmpdir(), "music-docs-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** `npm run -s cli --` without npm, which would run in the project's own folder, and `music` likewise. */
const prelude = `set -euo pipefail
music() { "$NODE" "$ROOT/src/main.ts" "$@"; }
npm() {
  case "$*" in
    "run -s cli -- "*) shift 4; music "$@" ;;
    *) echo "the tests know no npm $*" >&2; return 64 ;;
  esac
}
`;

/** Runs a script as somebody would in a terminal beside the service, in a folder of its own. */
async function runScript(script: string, env: Readonly<Record<string, string>> = {}) {
  const here = script
    .replaceAll("http://127.0.0.1:8080", service.url)
    .replaceAll("127.0.0.1:50051", service.grpcAddress);
  const options = {
    cwd: await mkdtemp(join(folder, "run-")),
    env: {
      ...process.env,
      NODE: process.execPath,
      ROOT: root,
      MUSIC_URL: service.url,
      MONGODB_URI: service.databaseUri,
      SIGNING_SECRET: "s".repeat(32),
      PORT: "0",
      GRPC_PORT: "0",
      ...env,
    },
  };
  return await promisify(execFile)("bash", ["--norc", "-c", prelude + here], options);
}

function runnable({ blocks }: Document): Document["blocks"] {
  return blocks.filter(({ language, notRun }) => language === "sh" && notRun === null);
}

describe("the commands of a page do what it says", () => {
  const pages = documents.filter((document) => runnable(document).length > 0);

  it("of most pages", () => expect(pages.length).toBeGreaterThan(4));

  it.for(pages.map((page) => [page.path, page] as const))("%s", async ([, page], { skip }) => {
    const blocks = runnable(page);
    const missing = blocks
      .map(({ needs }) => needs)
      .find((tool) => tool && !has(tool, "--version"));
    if (missing) skip(`${missing} is not installed`);
    await runScript(blocks.map(({ text }) => text).join("\n"));
  });
});

describe("the examples of the help work", () => {
  // These run on, need speakers, or have tests of their own.
  const elsewhere = ["serve", "demo", "play"];
  const examples = Object.fromEntries(
    [
      ...readIn("docs/reference/command-line.md").matchAll(
        /^## (.*)$([\s\S]*?)(?=^## |$(?![\s\S]))/gm,
      ),
    ].map(([, name = "", text = ""]) => {
      return [name, [...text.matchAll(/^ {2}\$ (.*)$/gm)].map(([, line = ""]) => line)] as const;
    }),
  );
  const names = commandsOf(createProgram()).map(([name]) => name);

  it("and every command has some", () => {
    expect(names.filter((name) => !examples[name]?.length)).toEqual([]);
  });

  const setUp = `
    key=$(music keys create --organization org_abc123 --user user_1 --quiet)
    other=$(music keys create --organization org_abc123 --user user_2 --json)
    job=$(MUSIC_API_KEY=$key music generate rain --seconds 1 --quiet --json)
    music orgs add org_new user_2
    python3 -c 'import json, sys; key, other, job = sys.argv[1], *map(json.loads, sys.argv[2:]); print(json.dumps(
      {"MUSIC_API_KEY": key, "KEY_ID": other["id"], "JOB": job["id"], "TRACK": job["track"]["id"]}))' \
      "$key" "$other" "$job"
  `;
  let env: Record<string, string>;
  beforeAll(async () => {
    env = JSON.parse((await runScript(setUp)).stdout);
  });

  // In the order of the page: a key is rotated before it is revoked, a member is added before it is removed.
  it.each(names.filter((name) => !elsewhere.includes(name)))("music %s", async (name) => {
    await runScript((examples[name] ?? []).join("\n"), env);
  });
});
