/** What the chain of the REST face sees to by itself: that a call was let in for the organization of its message. */
import { create, type Message } from "@bufbuild/protobuf";
import { createContextValues, type UnaryRequest } from "@connectrpc/connect";
import { expect, it } from "vitest";
import {
  GetGenerationRequestSchema,
  MusicGenerations,
} from "../../gen/music/v1/music_generations_pb.ts";
import { createAuthorization } from "../../src/api/authorization.ts";
import { admitted, restAuthorization } from "../../src/api/rest-admission.ts";
import { systemClock } from "../../src/base/clock.ts";
import { unmetLimits } from "../support/limits.ts";

const { getGeneration, watchGeneration } = MusicGenerations.method;
const looks: string[] = [];
const authorization = createAuthorization(
  {
    authenticate: async (credential) => {
      looks.push(credential);
      const caller = { userId: "user_1", keyId: "key_1", scopes: ["generations:read"] as const };
      return credential === "good" ? caller : null;
    },
    isValid: async () => true,
  },
  {
    membership: async (organizationId, userId) => {
      looks.push(`${userId} of ${organizationId}`);
      return organizationId === "org_1" ? { limits: {} } : null;
    },
  },
  systemClock,
  unmetLimits(systemClock),
);
const authorize = restAuthorization(authorization);

function call(credential: string, organizationId: string, method = getGeneration) {
  const contextValues = createContextValues();
  const header = new Headers({ "x-api-key": credential });
  const pathValues = new Map([["organization_id", organizationId]]);
  const end = authorize({ method, header, pathValues, contextValues });
  return { contextValues, end };
}

/** Calls through the chain: the messages that come out at its end. */
async function throughChain(
  { contextValues }: ReturnType<typeof call>,
  organizationId: string,
  stream: boolean,
): Promise<Message[]> {
  const sent = create(GetGenerationRequestSchema, { organizationId, jobId: "mgen_1" });
  const came: Message[] = [];
  const next = admitted()(async (request) => {
    if (!request.stream) came.push(request.message);
    else for await (const message of request.message) came.push(message);
    return { message: sent } as never;
  });
  async function* messages() {
    yield sent;
  }
  const message = stream ? messages() : sent;
  const method = stream ? watchGeneration : getGeneration;
  await next({ stream, method, contextValues, message } as unknown as UnaryRequest);
  return came;
}

it.each([false, true])("a call that was let in goes through (stream: %s)", async (stream) => {
  const letIn = call("good", "org_1");
  expect(await letIn.end).toHaveProperty("ratelimit");
  expect(await throughChain(letIn, "org_1", stream)).toHaveLength(1);
});

it.each([false, true])("one of another organization does not (stream: %s)", async (stream) => {
  const letIn = call("good", "org_1");
  await letIn.end;
  const chain = async () => throughChain(letIn, "org_2", stream);
  await expect(chain()).rejects.toMatchObject({ kind: "internal_error" });
});

it.each([false, true])("nor one that nobody asked about (stream: %s)", async (stream) => {
  const chain = async () => {
    return throughChain({ contextValues: createContextValues() } as never, "", stream);
  };
  await expect(chain()).rejects.toMatchObject({ kind: "internal_error" });
});

it.each([
  ["wrong", "org_1", getGeneration, "authentication_required"],
  ["", "org_1", getGeneration, "authentication_required"],
  ["good", "org_2", getGeneration, "organization_access_denied"],
  ["good", "", getGeneration, "organization_access_denied"],
  ["good", "org_1", MusicGenerations.method.cancelGeneration, "scope_denied"],
])("key %j for %j: %s is refused", async (credential, organizationId, method, kind) => {
  const { end } = call(credential, organizationId, method as typeof getGeneration);
  await expect(end).rejects.toMatchObject({ kind });
});

it("those who come at once with one key to one organization share a look, others do not", async () => {
  looks.splice(0);
  const calls = [call("good", "org_1"), call("good", "org_1"), call("good", "org_2")];
  await Promise.allSettled(calls.map(({ end }) => end));
  expect(looks.toSorted()).toEqual(["good", "good", "user_1 of org_1", "user_1 of org_2"]);
  await call("good", "org_1").end;
  expect(looks).toHaveLength(6);
});
