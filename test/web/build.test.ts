/** What is committed of the studio page is what its sources are built into, and all that the page needs. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fastify from "fastify";
import { build } from "vite";
import { afterAll, describe, expect, it } from "vitest";
import { registerDocuments } from "../../src/server/documents.ts";
import { studioPage } from "../../src/server/studio-page.ts";

const web = join(import.meta.dirname, "../../web");
const committed = join(web, "dist");

async function contentsOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const read = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    return [path.slice(folder.length + 1), (await readFile(path)).toString("base64")] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

it("is current: `npm run build:web` makes what is committed", async () => {
  const fresh = await mkdtemp(join(tmpdir(), "music-web-"));
  afterAll(() => rm(fresh, { recursive: true, force: true }));
  // Vite takes the mode from it, and the tests run in one of their own.
  process.env["NODE_ENV"] = "production";
  await build({
    configFile: join(web, "vite.config.ts"),
    mode: "production",
    logLevel: "silent",
    build: { outDir: fresh },
  });
  const [made, kept] = [await contentsOf(fresh), await contentsOf(committed)];
  expect(Object.keys(made).sort()).toEqual(Object.keys(kept).sort());
  for (const [name, content] of Object.entries(made)) {
    expect(content === kept[name], `${name} is as committed`).toBe(true);
  }
});

describe("served", async () => {
  const app = fastify();
  registerDocuments(app, {
    documents: studioPage(committed),
    methodNotAllowed: (allow) => Object.assign(new Error(`only ${allow}`), { statusCode: 405 }),
  });
  const page = await app.inject("/");
  const sources = [...page.body.matchAll(/\s(?:src|href)="(\.\/[^"]+)"/g)].map(([, path]) => path!);

  it("has its parts beside it, each of the type that a browser asks for, for ever", async () => {
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(page.headers["cache-control"]).toBe("no-cache");
    const types = { js: /^text\/javascript/, css: /^text\/css/, svg: /^image\/svg\+xml/ };
    expect(sources.map((path) => path.split(".").at(-1)).sort()).toEqual(["css", "js", "svg"]);
    for (const path of sources) {
      const { statusCode, headers } = await app.inject(new URL(path, "http://here/").pathname);
      expect(statusCode, path).toBe(200);
      expect(headers["content-type"]).toMatch(types[path.split(".").at(-1) as keyof typeof types]);
      if (path.includes("assets/")) expect(headers["cache-control"]).toMatch(/immutable/);
    }
  });

  it("runs nothing that is written into it, and its policy allows only this service", () => {
    expect(page.body).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|\/\//);
    const policy = String(page.headers["content-security-policy"]).split("; ");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    const allowed = policy.flatMap((each) => each.split(" ").slice(1));
    const hashes = allowed.filter((each) => each.startsWith("'sha256-"));
    expect(hashes.length).toBe(1);
    expect(new Set(allowed)).toEqual(new Set(["'none'", "'self'", "blob:", ...hashes]));
  });
});
