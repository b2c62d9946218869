/** The reference page: all that it needs is here, and its policy allows nothing else. */
import fastify from "fastify";
import { expect, it } from "vitest";
import { registerDocuments } from "../../src/server/documents.ts";
import { referencePage } from "../../src/server/reference-page.ts";

const app = fastify();
registerDocuments(app, {
  documents: referencePage(),
  methodNotAllowed: (allow) => Object.assign(new Error(`only ${allow}`), { statusCode: 405 }),
});
const page = await app.inject("/docs");

/** Of each tag, the values of the attribute. */
function attributes(name: string): string[] {
  return [...page.body.matchAll(new RegExp(`\\s${name}="([^"]*)"`, "g"))].map(
    ([, value]) => value!,
  );
}

it("has all of its parts beside it, each of the type that a browser asks for", async () => {
  expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
  const styles = attributes("href").filter((each) => each.endsWith(".css"));
  const parts = [...styles, ...attributes("src")];
  expect(parts.length).toBe(3);
  for (const part of parts) {
    const url = new URL(part, "http://here/docs");
    const { statusCode, headers, body } = await app.inject(url.pathname);
    expect(statusCode, part).toBe(200);
    expect(headers["content-type"]).toMatch(part.endsWith(".css") ? /^text\/css/ : /javascript/);
    expect(body.length).toBeGreaterThan(100);
  }
});

it("names no other host and has no script of its own, and its policy allows neither", async () => {
  const start = await app.inject("/docs/start.js");
  expect(page.body + start.body).not.toMatch(/\/\//);
  expect(page.body).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
  // What the page asks of Swagger UI: its default is to send the document to its makers.
  expect(start.body).toContain("validatorUrl: null");
  const policy = String(page.headers["content-security-policy"]).split("; ");
  expect(policy).toContain("default-src 'none'");
  const sources = policy.flatMap((each) => each.split(" ").slice(1));
  expect(new Set(sources)).toEqual(new Set(["'none'", "'self'", "data:"]));
});

it("is not sent again to who has it, and only read", async () => {
  const etag = String(page.headers.etag);
  const again = await app.inject({ url: "/docs", headers: { "if-none-match": etag } });
  expect([again.statusCode, again.body]).toEqual([304, ""]);
  expect((await app.inject({ url: "/docs", method: "PUT" })).statusCode).toBe(405);
});
