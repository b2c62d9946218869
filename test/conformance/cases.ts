/** What every face must do, whatever it looks like there. */
import { expect } from "vitest";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { all, codeOn, type Face, failureOf, type State } from "./face.ts";
import type { World } from "./world.ts";

const { createGeneration, getGeneration, deleteGeneration, cancelGeneration } =
  MusicGenerations.method;

const song = { engine: "studio", prompt: "rain on a tin roof", duration_seconds: 5 };

/** Long enough for a case not to be cut short by it on a slow machine. */
const patienceMs = 30_000;

/** A new organization with a queued job. */
async function queued(face: Face, world: World) {
  const { organization_id, key } = await world.newcomer();
  const { state } = await face.unary(createGeneration, { organization_id, ...song }, { key });
  return { organization_id, key, job_id: state.id, fields: { organization_id, job_id: state.id } };
}

function expectRising(states: readonly State[]): void {
  const versions = states.map(({ version }) => version);
  expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
}

type Case = (face: Face, world: World) => Promise<void>;

const unaryCases: Readonly<Record<string, Case>> = {
  async "a call is answered"(face, world) {
    const { organization_id, key } = await world.newcomer();
    const made = await face.unary(createGeneration, { organization_id, ...song }, { key });
    expect(made.state).toMatchObject({ status: "queued", version: 1 });
    const got = { organization_id, job_id: made.state.id };
    expect((await face.unary(getGeneration, got, { key })).state.id).toBe(made.state.id);
  },

  async "a call with time to spare is answered before its deadline"(face, world) {
    const { fields, key, job_id } = await queued(face, world);
    const answer = await face.unary(getGeneration, fields, { key, deadlineMs: patienceMs });
    expect(answer.state.id).toBe(job_id);
  },

  async "the caller's request id comes back, in answers and errors"(face, world) {
    const { fields, key } = await queued(face, world);
    const headers = { "x-request-id": "mine.1:a_b-c" };
    const answer = await face.unary(getGeneration, fields, { key, headers });
    expect(answer.requestId).toBe("mine.1:a_b-c");
    const other = { ...fields, job_id: "mgen_other" };
    const failure = await failureOf(face.unary(getGeneration, other, { key, headers }));
    expect(failure.requestId).toBe("mine.1:a_b-c");
  },

  async "a request id that could not be logged safely is replaced"(face, world) {
    const { fields, key } = await queued(face, world);
    const headers = { "x-request-id": "with spaces {and} braces" };
    const answer = await face.unary(getGeneration, fields, { key, headers });
    expect(answer.requestId).toMatch(/^req_[0-9a-f]{24}$/);
  },

  async "a trace context is no fault, valid or not"(face, world) {
    const { fields, key, job_id } = await queued(face, world);
    for (const traceparent of ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "x"]) {
      const answer = await face.unary(getGeneration, fields, { key, headers: { traceparent } });
      expect(answer.state.id).toBe(job_id);
    }
  },
};

const errorCases: Readonly<Record<string, Case>> = {
  async "no credential: AUTHENTICATION_REQUIRED"(face, world) {
    const { fields } = await queued(face, world);
    for (const key of [null, "oak_wrong"]) {
      const failure = await failureOf(face.unary(getGeneration, fields, { key }));
      expect(failure.reason).toBe("AUTHENTICATION_REQUIRED");
      expect(failure.code).toBe(codeOn(face, "AUTHENTICATION_REQUIRED"));
    }
  },

  async "an organization of others: ORGANIZATION_ACCESS_DENIED"(face, world) {
    const { fields } = await queued(face, world);
    const { key } = await world.newcomer();
    const failure = await failureOf(face.unary(getGeneration, fields, { key }));
    expect(failure.reason).toBe("ORGANIZATION_ACCESS_DENIED");
    expect(failure.code).toBe(codeOn(face, "ORGANIZATION_ACCESS_DENIED"));
  },

  async "what is not there: RESOURCE_NOT_FOUND, on a stream, too"(face, world) {
    const { fields, key } = await queued(face, world);
    const other = { ...fields, job_id: "mgen_other" };
    const failures = [
      await failureOf(face.unary(getGeneration, other, { key })),
      await failureOf(all(face.watch(other, { key }))),
    ];
    for (const { reason, code } of failures) {
      expect(reason).toBe("RESOURCE_NOT_FOUND");
      expect(code).toBe(codeOn(face, "RESOURCE_NOT_FOUND"));
    }
  },

  async "fields that are wrong: VALIDATION_ERROR with all of them"(face, world) {
    const { organization_id, key } = await world.newcomer();
    const wrong = { organization_id, ...song, engine: "none", duration_seconds: -1 };
    const failure = await failureOf(face.unary(createGeneration, wrong, { key }));
    expect(failure.reason).toBe("VALIDATION_ERROR");
    expect(failure.code).toBe(codeOn(face, "VALIDATION_ERROR"));
    expect([...failure.fields].sort()).toEqual(["duration_seconds", "engine"]);
  },

  async "a key for another request: IDEMPOTENCY_KEY_REUSED"(face, world) {
    const { organization_id, key } = await world.newcomer();
    const first = { organization_id, ...song, idempotency_key: "once" };
    const made = await face.unary(createGeneration, first, { key });
    const again = await face.unary(createGeneration, first, { key });
    expect(again.state.id).toBe(made.state.id);
    const other = { ...first, prompt: "snow" };
    const failure = await failureOf(face.unary(createGeneration, other, { key }));
    expect(failure.reason).toBe("IDEMPOTENCY_KEY_REUSED");
    expect(failure.code).toBe(codeOn(face, "IDEMPOTENCY_KEY_REUSED"));
  },

  async "a job that still runs cannot be deleted: JOB_ACTIVE"(face, world) {
    const { fields, key } = await queued(face, world);
    const failure = await failureOf(face.unary(deleteGeneration, fields, { key }));
    expect(failure.reason).toBe("JOB_ACTIVE");
    expect(failure.code).toBe(codeOn(face, "JOB_ACTIVE"));
  },

  async "bytes that are no message: MALFORMED_REQUEST"(face, world) {
    const key = await world.newKey("org_bytes");
    const failure = await face.bytes(Buffer.from([0xff, 0xff, 0xff]), { key });
    expect(failure.reason).toBe("MALFORMED_REQUEST");
    expect(failure.code).toBe(codeOn(face, "MALFORMED_REQUEST"));
  },

  async "the same without a credential: AUTHENTICATION_REQUIRED"(face) {
    const failure = await face.bytes(Buffer.from([0xff, 0xff, 0xff]), { key: null });
    expect(failure.reason).toBe("AUTHENTICATION_REQUIRED");
  },

  async "a message that is too large: PAYLOAD_TOO_LARGE"(face, world) {
    const key = await world.newKey("org_bytes");
    const failure = await face.bytes(Buffer.alloc(300 * 1024, "x"), { key });
    expect(failure.reason).toBe("PAYLOAD_TOO_LARGE");
    expect(failure.code).toBe(codeOn(face, "PAYLOAD_TOO_LARGE"));
  },

  async "what no method is: ROUTE_NOT_FOUND"(face, world) {
    const { key } = await world.newcomer();
    const failure = await face.unknown({ key });
    expect(failure.reason).toBe("ROUTE_NOT_FOUND");
    expect(failure.code).toBe(codeOn(face, "ROUTE_NOT_FOUND"));
  },
};

const streamCases: Readonly<Record<string, Case>> = {
  async "a stream: versions rise, and the terminal state comes last and once"(face, world) {
    const { fields, key, job_id } = await queued(face, world);
    const states: State[] = [];
    for await (const state of face.watch(fields, { key })) {
      states.push(state);
      if (state.version === 1) await world.begin(job_id);
      else if (state.version < 6) await world.advance(job_id, state.version * 10);
      else if (state.status === "running") await world.succeed(job_id);
    }
    expectRising(states);
    expect(states[0]).toMatchObject({ id: job_id, status: "queued", version: 1 });
    expect(states.filter(({ status }) => status === "succeeded")).toEqual([states.at(-1)]);
  },

  async "a stream goes on after the version that was seen last, and not after the end"(
    face,
    world,
  ) {
    const { fields, key, job_id } = await queued(face, world);
    await world.begin(job_id);
    await world.advance(job_id, 10);
    const watching = all(face.watch({ ...fields, after_version: 3 }, { key }));
    await world.advance(job_id, 20);
    await world.succeed(job_id);
    const states = await watching;
    expectRising(states);
    expect(states[0]?.version).toBeGreaterThan(3);
    const last = states.at(-1);
    expect(last?.status).toBe("succeeded");
    const after = { ...fields, after_version: last?.version };
    expect(await all(face.watch(after, { key }))).toEqual([]);
  },

  async "a reader that is slow gets rising versions and the end"(face, world) {
    const { fields, key, job_id } = await queued(face, world);
    await world.begin(job_id);
    const states: State[] = [];
    for await (const state of face.watch(fields, { key })) {
      states.push(state);
      // The writer is ahead for as long as the reader does not read.
      if (states.length > 1) continue;
      for (let percent = 1; percent <= 25; percent += 1) await world.advance(job_id, percent);
      await world.succeed(job_id);
    }
    expectRising(states);
    expect(states.filter(({ status }) => status === "succeeded")).toEqual([states.at(-1)]);
  },

  async "a deadline ends a stream that has not ended: DEADLINE_EXCEEDED"(face, world) {
    const { fields, key } = await queued(face, world);
    const failure = await failureOf(all(face.watch(fields, { key, deadlineMs: 300 })));
    expect(failure.code).toBe(codeOn(face, "DEADLINE_EXCEEDED"));
  },

  async "a caller that leaves a stream harms nobody"(face, world) {
    const { fields, key, job_id } = await queued(face, world);
    const gone = new AbortController();
    const leaving = all(face.watch(fields, { key, signal: gone.signal })).catch(() => "left");
    for await (const _state of face.watch(fields, { key })) break;
    gone.abort();
    await leaving;
    const cancelled = await face.unary(cancelGeneration, fields, { key });
    expect(cancelled.state).toMatchObject({ id: job_id, status: "cancelled" });
  },
};

export const cases: Readonly<Record<string, Case>> = {
  ...unaryCases,
  ...errorCases,
  ...streamCases,
};
