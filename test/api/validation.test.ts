/** Validation happens once on every face, and for every message. */
import { create } from "@bufbuild/protobuf";
import { beforeAll, expect, it } from "vitest";
import { CreateGenerationRequestSchema } from "../../gen/music/v1/music_generations_pb.ts";
import { createValidation } from "../../src/api/validation.ts";
import type { GenerationRequest } from "../../src/generations/engine.ts";
import { createApi } from "../support/api.ts";
import { ScriptedEngine } from "../support/scripted-engine.ts";
import { openTestStore } from "../support/store.ts";

const store = await openTestStore();
const organizationId = "org_valid";
let key = "";

beforeAll(async () => {
  key = (await store.apiKeys.create(organizationId, "user_1")).key;
});

/** An engine that notes what it is asked about. */
class AskedEngine extends ScriptedEngine {
  readonly asked: string[] = [];

  override check(request?: GenerationRequest): [] {
    this.asked.push(request?.prompt ?? "");
    return [];
  }
}

it("once for a call by REST, and once for one by RPC", async () => {
  const engine = new AskedEngine("asked");
  const api = createApi(store, [engine]);
  const base = await api.listen();
  const body = { engine: "asked", prompt: "by REST", duration_seconds: 5 };
  const response = await fetch(`${base}/v1/music/${organizationId}/generations`, {
    method: "POST",
    headers: { "x-api-key": key, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(202);
  const client = api.clientWith({ "x-api-key": key });
  const request = { organizationId, engine: "asked", prompt: "by RPC", durationSeconds: 5 };
  await client.createGeneration(request);
  expect(engine.asked).toEqual(["by REST", "by RPC"]);
});

it("a message that is not valid is refused as often as it is asked about", () => {
  const validate = createValidation([new ScriptedEngine("asked")]);
  const message = create(CreateGenerationRequestSchema, { organizationId, engine: "asked" });
  for (let i = 0; i < 3; i++) {
    const fields = validate(CreateGenerationRequestSchema, message).map(({ field }) => field);
    expect(fields).toEqual(["prompt", "duration_seconds"]);
  }
});

it.each([
  ["", ["required"]],
  [" \t\n", ["string.not_blank"]],
  ["\u00a0\u3000", ["string.not_blank"]],
  ["a bell \u0007", ["string.no_control_characters"]],
  ["\u007f", ["string.no_control_characters"]],
  ["two\tcolumns\nand lines", []],
  ["🎹", []],
])("the rules of the prompt %j", (prompt, rules) => {
  const validate = createValidation([new ScriptedEngine("asked")]);
  const asked = { organizationId, engine: "asked", prompt, durationSeconds: 5 };
  const message = create(CreateGenerationRequestSchema, asked);
  const found = validate(CreateGenerationRequestSchema, message);
  expect(found.map(({ field, rule }) => [field, rule])).toEqual(
    rules.map((rule) => ["prompt", rule]),
  );
});
