/** How many streams may be open at once, over every face, and that a place comes back however a stream ends. */
import { afterAll, describe, expect, it, vi } from "vitest";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { systemClock } from "../../src/base/clock.ts";
import { type CallOptions, codeOn, type Face, Failure, type Fields, type State } from "./face.ts";
import { restFace } from "./face-rest.ts";
import { faces } from "./faces.ts";
import { startWorld } from "./world.ts";

const perKey = 2;
const world = await startWorld({ settings: { KEY_STREAMS: String(perKey) } });
const { createGeneration, getGeneration } = MusicGenerations.method;

/** A job that waits, of a new organization that may have so many streams. */
async function watched(face: Face, streams: number) {
  const { organization_id, key, user } = await world.newcomer();
  await world.organizations.setLimit(organization_id, "streams", streams);
  const song = { organization_id, engine: "studio", prompt: "rain", duration_seconds: 5 };
  const { state } = await face.unary(createGeneration, song, { key });
  return { key, user, fields: { organization_id, job_id: state.id } };
}

interface Open {
  readonly states: AsyncIterator<State>;
  readonly leave: () => void;
}

/** A stream that has begun. @throws Failure */
async function open(face: Face, fields: Fields, options: CallOptions): Promise<Open> {
  const leaving = new AbortController();
  const watch = face.watch(fields, { ...options, signal: leaving.signal });
  const states = watch[Symbol.asyncIterator]();
  await states.next();
  return { states, leave: () => leaving.abort() };
}

async function expectRefused(face: Face, fields: Fields, key: string): Promise<void> {
  const failure = await open(face, fields, { key }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Failure);
  const { reason, code, retryAfterSeconds } = failure as Failure;
  expect(reason).toBe("RATE_LIMIT_EXCEEDED");
  expect(code).toBe(codeOn(face, "RATE_LIMIT_EXCEEDED"));
  expect(retryAfterSeconds).toBe(5);
}

/** A stream, as soon as there is a place for it; the places of those that ended come back in a moment. */
function openAgain(face: Face, fields: Fields, key: string): Promise<Open> {
  return vi.waitFor(() => open(face, fields, { key }), { timeout: 20_000, interval: 50 });
}

/** Reads to the end; an error is one. */
async function drain({ states }: Open): Promise<void> {
  try {
    while (!(await states.next()).done);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

/** A call that waits, and has the only place. */
async function waiting(face: Face, fields: Fields, key: string) {
  for (let pauseMs = 100; ; pauseMs *= 2) {
    const call = face.unary(getGeneration, { ...fields, wait_seconds: 30 }, { key });
    await systemClock.sleep(pauseMs);
    const stream = await open(face, fields, { key }).catch((error: unknown) => error);
    if (stream instanceof Failure) return { answer: call };
    // The stream came first, and so the call does not wait.
    await call;
    (stream as Open).leave();
  }
}

type Case = (face: Face) => Promise<void>;

const cases: Readonly<Record<string, Case>> = {
  async "one too many of an organization, by whichever key: RATE_LIMIT_EXCEEDED"(face) {
    const { key, user, fields } = await watched(face, 1);
    const { leave } = await open(face, fields, { key });
    await expectRefused(face, fields, key);
    await expectRefused(face, fields, await world.newKey(fields.organization_id, user));
    leave();
  },

  async "one too many of a key: RATE_LIMIT_EXCEEDED, and other keys have their own"(face) {
    const { key, user, fields } = await watched(face, 100);
    const own = [await open(face, fields, { key }), await open(face, fields, { key })];
    await expectRefused(face, fields, key);
    const other = await world.newKey(fields.organization_id, user);
    for (const { leave } of [...own, await open(face, fields, { key: other })]) leave();
  },

  async "the place of a caller who left comes back"(face) {
    const { key, fields } = await watched(face, 1);
    const { leave, states } = await open(face, fields, { key });
    leave();
    await states.next().catch(() => "left");
    (await openAgain(face, fields, key)).leave();
  },

  async "the place of a stream that came to its end comes back"(face) {
    const { key, fields } = await watched(face, 1);
    const stream = await open(face, fields, { key });
    await world.begin(fields.job_id);
    await world.succeed(fields.job_id);
    await drain(stream);
    await drain(await openAgain(face, fields, key));
    await openAgain(face, fields, key);
  },

  async "the places of streams that failed come back"(face) {
    const { key, fields } = await watched(face, 1);
    // Of a job that is not there, and by a deadline; more than there are places.
    const other = { ...fields, job_id: "mgen_other" };
    await expect(open(face, other, { key })).rejects.toMatchObject({
      reason: "RESOURCE_NOT_FOUND",
    });
    await vi.waitFor(
      () =>
        expect(open(face, other, { key })).rejects.toMatchObject({ reason: "RESOURCE_NOT_FOUND" }),
      { timeout: 20_000 },
    );
    for (let n = 0; n < 2; n += 1) {
      const late = face.watch(fields, { key, deadlineMs: 300 })[Symbol.asyncIterator]();
      await drain({ states: late, leave: () => {} });
    }
    (await openAgain(face, fields, key)).leave();
  },

  async "a call that would wait without a place is answered at once"(face) {
    const { key, fields } = await watched(face, 1);
    const { leave } = await open(face, fields, { key });
    const call = face.unary(getGeneration, { ...fields, wait_seconds: 30 }, { key });
    // A call that waits is told of the end that comes then.
    await Promise.race([call, systemClock.sleep(10_000)]);
    await world.begin(fields.job_id);
    await world.succeed(fields.job_id);
    expect((await call).state.status).toBe("queued");
    leave();
  },

  async "a call that waits has a place, and gives it back"(face) {
    const { key, fields } = await watched(face, 1);
    const { answer } = await waiting(face, fields, key);
    await world.begin(fields.job_id);
    await world.succeed(fields.job_id);
    expect((await answer).state.status).toBe("succeeded");
    await drain(await openAgain(face, fields, key));
  },

  async "more streams are allowed without a restart"(face) {
    const { key, fields } = await watched(face, 1);
    const first = await open(face, fields, { key });
    await expectRefused(face, fields, key);
    await world.organizations.setLimit(fields.organization_id, "streams", 2);
    const second = await open(face, fields, { key });
    for (const { leave } of [first, second]) leave();
  },
};

describe.each(Object.entries(faces))("%s", (_name, openFace) => {
  const face = openFace(world.endpoints);
  afterAll(() => face.close());
  it.each(Object.entries(cases))("%s", { timeout: 60_000 }, (_case, run) => run(face));
});

it("HEAD of a stream keeps no place", async () => {
  const face = restFace("REST", "sse", world.endpoints);
  const { key, fields } = await watched(face, 1);
  const { organization_id, job_id } = fields;
  const url = `${world.endpoints.url}/v1/music/${organization_id}/generations/${job_id}/events`;
  const head = async () =>
    expect((await fetch(url, { method: "HEAD", headers: { "x-api-key": key } })).status).toBe(200);
  await head();
  await vi.waitFor(head, { timeout: 20_000 });
  (await openAgain(face, fields, key)).leave();
});
