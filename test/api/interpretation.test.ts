/** What the studio understood, on real jobs: told while they run, kept when they have ended. */
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { beforeAll, expect, it, vi } from "vitest";
import { InterpretationSource } from "../../gen/music/v1/interpretation_pb.ts";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { RestClient } from "../support/rest-client.ts";
import { startTestService } from "../support/service.ts";

vi.setConfig({ testTimeout: 120_000 });

const service = await startTestService();
const organizationId = "org_a";
let key = "";
let rest: RestClient;

beforeAll(async () => {
  key = await service.key(organizationId, "user_1");
  rest = new RestClient(service.url, organizationId, key);
});

const prompt = "dreamy synthwave in F# minor, 104 bpm, with a saxophone but no arpeggios";
const understood = {
  style: "synthwave",
  style_name: "Synthwave",
  mood: "dreamy",
  energy: "medium",
  era: null,
  tempo: 104,
  tonic: "F#",
  mode: "minor",
  metre: "4/4",
  wanted_instruments: ["saxophone"],
  unwanted_instruments: ["arpeggio"],
  sources: {
    style: "prompt",
    mood: "prompt",
    energy: "choice",
    tempo: "prompt",
    tonic: "prompt",
    mode: "prompt",
    metre: "choice",
  },
};

it("who watches learns it while the first bars are still to be played, and it outlives a cancel", async () => {
  const { id, interpretation } = await rest.create({ prompt, duration_seconds: 600 });
  expect(interpretation).toBeNull();
  const seen = await rest.watchUntil(id, (job) => job.interpretation !== null);
  expect(seen).toMatchObject({ status: "running", interpretation: understood });
  const { sections, instruments } = seen.interpretation as {
    sections: { kind: string; start_seconds: number; duration_seconds: number }[];
    instruments: string[];
  };
  expect(instruments).toContain("saxophone");
  expect(sections[0]).toMatchObject({ kind: "intro", start_seconds: 0 });
  const end = sections.at(-1);
  expect((end?.start_seconds ?? 0) + (end?.duration_seconds ?? 0)).toBeCloseTo(600, 6);
  await rest.call("POST", `/generations/${id}/cancel`);
  const ended = await rest.ended(id);
  expect(ended).toMatchObject({ status: "cancelled", interpretation: seen.interpretation });
});

it("even a piece that is done before anything could be told says it, on gRPC as on REST", async () => {
  const { id, interpretation } = await rest.make({
    prompt: "a song",
    style_tags: ["lofi"],
    duration_seconds: 1,
  });
  expect(interpretation).toMatchObject({ style: "lofi", sources: { style: "tags" } });
  const transport = createGrpcTransport({ baseUrl: service.url });
  const grpc = createClient(MusicGenerations, transport);
  const headers = { "x-api-key": key };
  const job = await grpc.getGeneration({ organizationId, jobId: id }, { headers });
  expect(job.interpretation).toMatchObject({
    style: "lofi",
    tempo: interpretation?.["tempo"],
    sources: { style: InterpretationSource.TAGS },
  });
  const list = await grpc.listGenerations({ organizationId }, { headers });
  expect(list.jobs.map((each) => each.interpretation)).toEqual([undefined, undefined]);
});
