/** A stop in the middle of streams: every face is told to come again, and the stop has an end. */
import { beforeAll, expect, it } from "vitest";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { codeOn, type Face, failureOf, type State } from "./face.ts";
import { faces } from "./faces.ts";
import { startWorld } from "./world.ts";

const world = await startWorld();
const opened = Object.values(faces).map((open) => open(world.endpoints));
const song = { engine: "studio", prompt: "rain", duration_seconds: 5 };

/** A watch that has had its first state, and how it ends. */
async function watch(face: Face) {
  const { organization_id, key } = await world.newcomer();
  const { createGeneration } = MusicGenerations.method;
  const { state } = await face.unary(createGeneration, { organization_id, ...song }, { key });
  const begun = Promise.withResolvers<State>();
  const reading = async () => {
    const states = face.watch({ organization_id, job_id: state.id }, { key });
    for await (const each of states) begun.resolve(each);
  };
  const ended = reading();
  const end = failureOf(ended);
  end.catch(() => undefined);
  await Promise.race([begun.promise, ended]);
  return { face, end };
}

let watches: Awaited<ReturnType<typeof watch>>[];

beforeAll(async () => {
  watches = await Promise.all(opened.map(watch));
});

it("a stop tells every stream, and ends", async () => {
  const stopped = world.stop();
  for (const { face, end } of watches) {
    const failure = await end;
    expect([face.name, failure.reason]).toEqual([face.name, "SERVICE_UNAVAILABLE"]);
    expect(failure.code).toBe(codeOn(face, "SERVICE_UNAVAILABLE"));
    // An event in the middle of a stream has no header for it.
    if (face.encoding === "rpc") expect(failure.retryAfterSeconds).toBe(1);
  }
  await stopped;
  for (const face of opened) face.close();
});
