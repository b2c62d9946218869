/** Keys and organizations that have used up their calls: what they are told, and what they cost. */
import { type ContextValues, createContextValues } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { type Authorization, createAuthorization } from "../../src/api/authorization.ts";
import { RateLimits, rateLimitHeaders } from "../../src/api/rate-limits.ts";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import type { SharedCounter } from "../../src/generations/limits.ts";
import { highLimits } from "../support/limits.ts";

const minuteMs = 60_000;

type Ask = (to: Authorization, header: Headers, values: ContextValues) => Promise<unknown>;

const call = (header: Headers) => ({ header, organizationId: "org_1", method: "getGeneration" });

/** How the faces ask: one after the other, for both at once, and again what was asked before. */
const asks: Readonly<Record<string, Ask>> = {
  "one after the other": async (authorization, header, values) => {
    await authorization.authenticate(header, values);
    await authorization.admit(call(header), values);
  },
  "both at once": (authorization, header, values) => authorization.admit(call(header), values),
  again: async (authorization, header, values) => {
    await authorization.admit(call(header), values);
    await authorization.authenticate(header, values);
    await authorization.admit(call(header), values);
  },
};

function setUp(ask: Ask, limits: { keyCallsPerMinute?: number; callsPerMinute?: number }) {
  let ms = 0;
  const clock: Clock = { ...systemClock, monotonicMs: () => ms };
  const totals = new Map<string, number>();
  const counter: SharedCounter = {
    add: async (name, calls) => {
      const total = (totals.get(name) ?? 0) + calls;
      totals.set(name, total);
      return { total, endsInMs: minuteMs };
    },
  };
  const rates = new RateLimits({ counter, clock }, { ...highLimits, ...limits });
  const looks: string[] = [];
  let keys: Readonly<Record<string, string>> = { secret: "key_1", other: "key_2" };
  const authenticator = {
    authenticate: async (credential: string) => {
      looks.push(credential);
      const keyId = keys[credential];
      return keyId === undefined
        ? null
        : { userId: "user_1", keyId, scopes: ["generations:read"] as const };
    },
    isValid: async () => true,
  };
  const organizations = { membership: async () => ({ limits: {} }) };
  const authorization = createAuthorization(authenticator, organizations, clock, rates);
  /** A call as a face makes it: how it ends, and what its answer says of the limits. */
  const callOf = async (credential: string) => {
    const values = createContextValues();
    const header = new Headers({ "x-api-key": credential });
    const end = ask(authorization, header, values).then(() => "OK");
    const code = await end.catch((error: { code: string }) => error.code);
    return { code, headers: rateLimitHeaders(values) };
  };
  return {
    call: callOf,
    looks,
    later: () => {
      ms += minuteMs;
      totals.clear();
    },
    revoke: () => {
      keys = {};
    },
  };
}

async function codesOf(calls: readonly (() => Promise<{ code: string }>)[]): Promise<string[]> {
  const codes = [];
  for (const each of calls) codes.push((await each()).code);
  return codes;
}

describe.each(Object.entries(asks))("%s", (_face, ask) => {
  it("a call counts once, however often it is asked about", async () => {
    const { call } = setUp(ask, { keyCallsPerMinute: 3, callsPerMinute: 100 });
    await call("secret");
    expect((await call("secret")).headers["ratelimit"]).toBe(
      '"key";r=1;t=60, "organization";r=98;t=60',
    );
  });

  it("a key that goes on when it is refused costs no look at the database", async () => {
    const { call, looks, later } = setUp(ask, { keyCallsPerMinute: 2 });
    const own = () => call("secret");
    expect(await codesOf([own, own, own, own, own])).toEqual([
      "OK",
      "OK",
      ...Array(3).fill("RATE_LIMIT_EXCEEDED"),
    ]);
    expect(looks).toHaveLength(3);
    expect((await own()).headers).toEqual({
      "ratelimit-policy": '"key";q=2;w=60',
      ratelimit: '"key";r=0;t=60',
    });
    later();
    // As many as ever: the call that finds it free again counts once.
    expect(await codesOf([own, own, own])).toEqual(["OK", "OK", "RATE_LIMIT_EXCEEDED"]);
  });

  it("other keys are not refused with it", async () => {
    const { call } = setUp(ask, { keyCallsPerMinute: 1 });
    const codes = await codesOf(["secret", "secret", "wrong"].map((each) => () => call(each)));
    expect(codes).toEqual(["OK", "RATE_LIMIT_EXCEEDED", "AUTHENTICATION_REQUIRED"]);
  });

  it("a refused key that was revoked is told so when its minute is over", async () => {
    const { call, later, revoke } = setUp(ask, { keyCallsPerMinute: 1 });
    const own = () => call("secret");
    await codesOf([own, own]);
    revoke();
    expect((await own()).code).toBe("RATE_LIMIT_EXCEEDED");
    later();
    expect(await codesOf([own, own])).toEqual(Array(2).fill("AUTHENTICATION_REQUIRED"));
  });
});
