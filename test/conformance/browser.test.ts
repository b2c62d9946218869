/** What browsers are told: who may call from which page, and what an answer may be used for. */
import { describe, expect, it } from "vitest";
import { startWorld, type World } from "./world.ts";

const origin = "https://app.example";
const settings = { CORS_ORIGINS: `http://localhost:5173,${origin}` };
const world = await startWorld({ settings });
const closed = await startWorld();

const rpc = "/music.v1.MusicGenerations/GetGeneration";
const rest = "/v1/music/org_x/generations/mgen_x";
/** A path of each kind. */
const paths = {
  REST: rest,
  "REST, events": `${rest}/events`,
  "Connect and gRPC-Web": rpc,
  media: "/media/v1/x",
  documents: "/openapi.json",
  nothing: "/nothing",
};

function send(path: string, init: RequestInit = {}, at: World = world): Promise<Response> {
  return fetch(at.endpoints.url + path, init);
}

function preflight(path: string, from: string, headers = "x-api-key", at: World = world) {
  return send(
    path,
    {
      method: "OPTIONS",
      headers: {
        origin: from,
        "access-control-request-method": "POST",
        "access-control-request-headers": headers,
      },
    },
    at,
  );
}

const listOf = (response: Response, name: string) =>
  (response.headers.get(name) ?? "").toLowerCase().split(/, */);

function corsHeadersOf({ headers }: Response): string[] {
  return [...headers.keys()].filter((name) => name.startsWith("access-control-"));
}

describe.each(Object.entries(paths))("cross-origin requests: %s", (kind, path) => {
  it("a preflight of an origin on the list is answered without a credential", async () => {
    const answer = await preflight(path, origin);
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
    expect(listOf(answer, "access-control-allow-methods")).toEqual(
      expect.arrayContaining(["get", "head", "post", "delete"]),
    );
    expect(listOf(answer, "access-control-allow-headers")).toEqual(
      expect.arrayContaining([
        ...["authorization", "x-api-key", "content-type", "idempotency-key", "prefer"],
        ...["last-event-id", "range", "connect-protocol-version", "x-grpc-web", "grpc-timeout"],
      ]),
    );
    expect(answer.headers.get("access-control-max-age")).toBe("7200");
    expect(listOf(answer, "vary")).toContain("origin");
    expect(answer.headers.has("access-control-allow-credentials")).toBe(false);
  });

  it.each([
    "https://evil.example",
    `${origin}.evil.example`,
    `${origin}:8443`,
    "http://app.example",
    "null",
    `${origin}, https://evil.example`,
  ])("a preflight of %s is not let through", async (other) => {
    const answer = await preflight(path, other);
    expect(answer.headers.get("access-control-allow-origin")).toBe(null);
    expect(answer.headers.has("access-control-allow-methods")).toBe(false);
    expect(listOf(answer, "vary")).toContain("origin");
  });

  it("an answer, errors as well, is readable from the list alone", async () => {
    const own = await send(path, { headers: { origin } });
    const isPublic = kind === "documents";
    expect(own.headers.get("access-control-allow-origin")).toBe(isPublic ? "*" : origin);
    expect(listOf(own, "access-control-expose-headers")).toEqual(
      expect.arrayContaining(["x-request-id", "retry-after", "ratelimit", "grpc-status", "etag"]),
    );
    expect(listOf(own, "vary")).toContain("origin");
    for (const headers of [{ origin: "https://evil.example" }, {}]) {
      const other = await send(path, { headers: headers as Record<string, string> });
      expect(other.headers.get("access-control-allow-origin")).toBe(isPublic ? "*" : null);
      expect(listOf(other, "vary")).toContain("origin");
      expect(other.headers.has("access-control-allow-credentials")).toBe(false);
    }
  });

  it("without a list nobody is let through", async () => {
    const answer = await preflight(path, origin, "x-api-key", closed);
    expect(corsHeadersOf(answer)).toEqual([]);
    const read = await send(path, { headers: { origin } }, closed);
    expect(corsHeadersOf(read)).toEqual(
      kind === "documents" ? ["access-control-allow-origin"] : [],
    );
  });
});

it("an OPTIONS that is no preflight still says what a path allows", async () => {
  for (const headers of [{}, { origin }] as Record<string, string>[]) {
    const answer = await send(rest, { method: "OPTIONS", headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("allow")).toBe("DELETE, GET, HEAD, OPTIONS");
  }
});

it("a call from a page is answered, with what its cache must look at", async () => {
  const { organization_id, key } = await world.newcomer();
  const url = `/v1/music/${organization_id}/generations`;
  const song = { engine: "studio", prompt: "rain", duration_seconds: 5 };
  const headers = { origin, "x-api-key": key, "content-type": "application/json" };
  const made = await send(url, { method: "POST", headers, body: JSON.stringify(song) });
  expect(made.status).toBe(202);
  expect(made.headers.get("access-control-allow-origin")).toBe(origin);
  expect(listOf(made, "vary")).toEqual(expect.arrayContaining(["origin", "accept"]));
  const { id } = (await made.json()) as { id: string };
  const leaving = new AbortController();
  const { signal } = leaving;
  const events = await send(`${url}/${id}/events`, { headers, signal });
  expect(events.headers.get("content-type")).toMatch(/^text\/event-stream/);
  expect(events.headers.get("access-control-allow-origin")).toBe(origin);
  leaving.abort();
  const body = JSON.stringify({ organizationId: organization_id, jobId: id });
  const called = await send(rpc, { method: "POST", headers, body });
  expect(called.status).toBe(200);
  expect(called.headers.get("access-control-allow-origin")).toBe(origin);
});

it("with * every page may call, and never with its browser's credentials", async () => {
  const open = await startWorld({ settings: { CORS_ORIGINS: "*" } });
  for (const answer of [
    await preflight(rest, "https://any.example", "x-api-key", open),
    await send(rest, { headers: { origin: "https://any.example" } }, open),
  ]) {
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(answer.headers.has("access-control-allow-credentials")).toBe(false);
  }
});

describe.each(Object.entries(paths))("security headers: %s", (_kind, path) => {
  it("are on every answer", async () => {
    const { headers } = await send(path);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("cross-origin-resource-policy")).toMatch(/^(same|cross)-origin$/);
    // Without TLS it would be ignored.
    expect(headers.has("strict-transport-security")).toBe(false);
  });
});
