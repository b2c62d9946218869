/** What an error of the API or of the network means for a person. */
import { expect, it } from "vitest";
import { createApi, ownOrigin } from "../../web/src/connection/api.ts";
import { backoffMs } from "../../web/src/connection/backoff.ts";
import { isTransient, LostConnection, problemOf } from "../../web/src/connection/errors.ts";

/** The error of a call that the service answers so. */
async function errorOf(answer: () => Response, key = "oak_1"): Promise<unknown> {
  const api = createApi({ organizationId: "org", key }, "http://here/", async () => answer());
  return api.engines().catch((error: unknown) => error);
}

function envelope(status: number, error: object, headers: Record<string, string> = {}) {
  return () => Response.json({ success: false, error }, { status, headers });
}

it("is the service's own sentence, and when to come again", async () => {
  const error = await errorOf(
    envelope(429, { code: "RATE_LIMIT_EXCEEDED", message: "Slowly." }, { "retry-after": "12" }),
  );
  expect(problemOf(error, 1_000)).toMatchObject({
    kind: "limited",
    text: "Slowly.",
    retryAtMs: 13_000,
  });
  expect(isTransient(error)).toBe(true);
});

it("has the violations of a request that is not valid", async () => {
  const violations = [{ field: "prompt", rule: "required", message: "is required" }];
  const error = await errorOf(envelope(422, { details: { violations } }));
  expect(problemOf(error, 0)).toMatchObject({ kind: "invalid", violations });
  expect(isTransient(error)).toBe(false);
});

it.each([
  [401, "key"],
  [403, "denied"],
  [404, "gone"],
  [502, "lost"],
  [503, "lost"],
])("of status %d, also without an envelope, is of the kind %s", async (status, kind) => {
  const error = await errorOf(() => new Response("<html>", { status }));
  expect(problemOf(error, 0).kind).toBe(kind);
});

it("names the trace of what the operator has to look for", async () => {
  const error = await errorOf(envelope(500, { message: "Ours.", trace_id: "req_1" }));
  expect(problemOf(error, 0)).toMatchObject({ kind: "other", text: "Ours.", traceId: "req_1" });
});

it("is a lost connection when no answer comes or it breaks off", async () => {
  const refused = await errorOf(() => {
    throw new TypeError("fetch failed");
  });
  expect(refused).toBeInstanceOf(LostConnection);
  expect(await errorOf(() => new Response('{"engines"'))).toBeInstanceOf(LostConnection);
});

it("is a wrong key when no header can have it", async () => {
  const error = await errorOf(() => {
    throw new TypeError("not a header");
  }, "schlüssel");
  expect(problemOf(error, 0).kind).toBe("key");
});

it("waits longer each time, but never long, and not all at once", () => {
  expect([0, 1, 2, 9].map((attempt) => backoffMs(attempt, 1))).toEqual([
    1_000, 2_000, 4_000, 10_000,
  ]);
  expect(backoffMs(1, 0)).toBe(1_000);
});

it("loads sound from where the page is, whatever name the service has for itself", () => {
  const link = "http://10.0.0.1:8080/media/v1/a.mp3?expires=1&signature=x";
  expect(ownOrigin(link, "https://music.example/")).toBe(
    "https://music.example/media/v1/a.mp3?expires=1&signature=x",
  );
});
