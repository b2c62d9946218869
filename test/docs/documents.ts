/** The documents as the tests see them: files, fenced blocks with their marks, links. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

export interface Block {
  /** The language of the fence; empty without one. */
  readonly language: string;
  /** The tool that it needs to be run. */
  readonly needs: string | null;
  readonly text: string;
  /** Of which file it is a part, word for word. */
  readonly from: string | null;
  /** Why it is not run. */
  readonly notRun: string | null;
}

export interface Document {
  /** From the root of the project. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

const fence =
  /(?:<!-- (?<mark>from|not run): (?<value>.*?) -->\n)?^```(?<language>\w*)(?: needs=(?<needs>\w+))?\n(?<text>[\s\S]*?)^```$/gm;

function blocksOf(text: string): Block[] {
  return [...text.matchAll(fence)].map(({ groups = {} }) => ({
    language: groups["language"] ?? "",
    needs: groups["needs"] ?? null,
    text: groups["text"] ?? "",
    from: groups["mark"] === "from" ? (groups["value"] ?? null) : null,
    notRun: groups["mark"] === "not run" ? (groups["value"] ?? null) : null,
  }));
}

function paths(): string[] {
  const pages = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" });
  const own = ["README.md", "CONTRIBUTING.md", "examples/README.md"];
  return [...own, ...pages.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];
}

export const documents: readonly Document[] = paths()
  .toSorted()
  .map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    return { path, text, blocks: blocksOf(text) };
  });

/** The files of the project that a document links to, as absolute paths. */
export function linksOf({ path, text }: Document): string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  const own = targets.filter((target) => !/^(\w+:|#)/.test(target));
  return own.map((target) => resolve(root, dirname(path), target.replace(/#.*$/, "")));
}
