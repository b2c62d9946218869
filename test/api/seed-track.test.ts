/** Jobs that continue a track: with the caller's own tracks alone, over the whole service with its studio. */
import { beforeAll, expect, it, vi } from "vitest";
import { type Body, RestClient } from "../support/rest-client.ts";
import { startTestService } from "../support/service.ts";

vi.setConfig({ testTimeout: 120_000 });

const service = await startTestService();
let rest: RestClient;
let colleague: RestClient;
let elsewhere: RestClient;

async function caller(organization: string, user: string): Promise<RestClient> {
  return new RestClient(service.url, organization, await service.key(organization, user));
}

beforeAll(async () => {
  rest = await caller("org_a", "user_1");
  colleague = await caller("org_a", "user_2");
  elsewhere = await caller("org_b", "user_1");
});

const song = { prompt: "synthwave in F# minor, 104 bpm", duration_seconds: 8, seed: 1 };
const next = { prompt: "and it goes on", duration_seconds: 5, seed: 2 };

async function bytesOf(url: unknown): Promise<Buffer> {
  return Buffer.from(await (await fetch(String(url))).arrayBuffer());
}

it("a track goes on in its own style, key and tempo, the same each time, and so does what came of it", async () => {
  const first = await rest.make(song);
  const asked = { ...next, seed_track_id: first.result_track_id };
  const second = await rest.make(asked);
  const kept = { style: "synthwave", tonic: "F#", mode: "minor", tempo: 104 };
  expect(first.interpretation).toMatchObject({ ...kept, sources: { tonic: "prompt" } });
  expect(second).toMatchObject({
    seed_track_id: first.result_track_id,
    interpretation: { ...kept, sources: { tonic: "field" } },
    track: { measured_duration_seconds: 5 },
  });
  const again = await bytesOf((await rest.make(asked)).playback_url);
  expect(again.equals(await bytesOf(second.playback_url))).toBe(true);
  const alone = await bytesOf((await rest.make(next)).playback_url);
  expect(again.equals(alone)).toBe(false);
  const third = await rest.make({ ...next, seed_track_id: second.result_track_id });
  expect(third.interpretation).toMatchObject(kept);
});

it("another's track, in whichever organization, is as one that never existed", async () => {
  const { result_track_id } = await rest.make({ ...song, duration_seconds: 1 });
  const violationsOf = async (who: RestClient, seed_track_id: unknown) => {
    const body = { engine: "studio", ...next, seed_track_id };
    const { status, answer } = await who.try("POST", "/generations", body);
    const { error } = answer as { error: { details: Body } };
    return [status, error.details["violations"]];
  };
  const unknown = [
    422,
    [
      {
        field: "seed_track_id",
        rule: "seed_track.known",
        message: "must be the id of a track of yours",
      },
    ],
  ];
  expect(await violationsOf(rest, "mtrack_0123456789abcdef01234567")).toEqual(unknown);
  expect(await violationsOf(rest, "anything")).toEqual(unknown);
  expect(await violationsOf(colleague, result_track_id)).toEqual(unknown);
  expect(await violationsOf(elsewhere, result_track_id)).toEqual(unknown);
});

it("one that was deleted cannot be continued, but a repeat of an earlier call still has its answer", async () => {
  const { result_track_id: seed_track_id } = await rest.make({ ...song, duration_seconds: 1 });
  const asked = { ...next, duration_seconds: 1, seed_track_id, idempotency_key: "again" };
  const { id } = await rest.make(asked);
  await rest.call("DELETE", `/tracks/${seed_track_id}`);
  expect((await rest.create(asked)).id).toBe(id);
  expect(await rest.faults({ ...asked, idempotency_key: "new" })).toEqual(["seed_track_id"]);
  const { status } = await rest.try("POST", "/generations", {
    engine: "studio",
    ...asked,
    prompt: "another",
  });
  expect(status).toBe(409);
});

it("the engine says that it can", async () => {
  const { engines } = await rest.call<{ engines: unknown[] }>("GET", "/engines");
  expect(engines).toMatchObject([{ supports_seed_tracks: true }]);
});
