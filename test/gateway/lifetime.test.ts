/** Deadlines of requests: X-Request-Timeout bounds every step, whatever the implementation does. */
import type { HandlerContext } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { type LibraryOptions, serveLibrary } from "./library.ts";

const never = new Promise<never>(() => {});

async function ask(options: LibraryOptions, timeout: string, path = "/v1/books/x") {
  const base = await serveLibrary(options);
  const response = await fetch(base + path, { headers: { "x-request-timeout": timeout } });
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) as Record<string, unknown> };
}

describe("a call that is not ready in time", () => {
  it("is ended, and told so, whatever it does", async () => {
    const contexts: HandlerContext[] = [];
    const getBook = (_request: object, context: HandlerContext) => {
      contexts.push(context);
      return never;
    };
    const { body } = await ask({ implementation: { getBook } as never }, "0.05");
    expect(body).toMatchObject({
      kind: "deadline_exceeded",
      message: "The answer was not ready within the 0.05 s of X-Request-Timeout",
    });
    expect(contexts[0]?.signal.aborted).toBe(true);
    expect(contexts[0]?.timeoutMs()).toBeLessThanOrEqual(0);
  });

  it("says so also when the abort makes it fail in its own way", async () => {
    const getBook = (_request: object, { signal }: HandlerContext) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("something broke")));
      });
    const { body } = await ask({ implementation: { getBook } as never }, "0.05");
    expect(body["kind"]).toBe("deadline_exceeded");
  });

  it("does not wait for the credentials either", async () => {
    const { body } = await ask({ authorize: () => never }, "0.05");
    expect(body["kind"]).toBe("deadline_exceeded");
  });

  it("ends a stream with a last event", async () => {
    const base = await serveLibrary({
      implementation: {
        async *read() {
          yield { number: 1 };
          await never;
        },
      },
    });
    const headers = { "x-request-timeout": "0.2", accept: "application/x-ndjson" };
    const text = await (await fetch(`${base}/v1/books/x/pages`, { headers })).text();
    expect(text.trim().split("\n").at(-1)).toMatch(/"failed":"The answer was not ready/);
  });
});

it("a call that is ready in time knows what it had", async () => {
  let remaining: number | undefined;
  const getBook = (_request: object, context: HandlerContext) => {
    remaining = context.timeoutMs();
    return { id: "x" };
  };
  const { status } = await ask({ implementation: { getBook } as never }, "1000.5");
  expect(status).toBe(200);
  expect(remaining).toBeLessThanOrEqual(1_000_500);
  expect(remaining).toBeGreaterThan(0);
});

it.each(["", "0", "0.000", "-1", "soon", "1e3", "1s", "1.2345", "9999999"])(
  "X-Request-Timeout: %j cannot be read",
  async (timeout) => {
    const { body } = await ask({}, timeout);
    expect(body).toMatchObject({
      kind: "malformed",
      violations: [{ field: "X-Request-Timeout", rule: "invalid_format" }],
    });
  },
);
