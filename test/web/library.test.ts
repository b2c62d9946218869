/** The list of jobs: batches, pages, search, and what happens to it meanwhile. */
import { describe, expect, it } from "vitest";
import type { Job } from "../../web/src/model.ts";
import { merged } from "../../web/src/studio/jobs.ts";
import { matches, needsMore, pageOf, pageSize } from "../../web/src/studio/library.ts";
import { type Happening, initialState, reduce, type State } from "../../web/src/studio/state.ts";
import { jobOf } from "./fixtures.ts";

/** Jobs n, n-1, … as a batch of the API. */
function batch(from: number, count: number, next: string | null, changes: Partial<Job> = {}) {
  const jobs = Array.from({ length: count }, (_, n) =>
    jobOf({ id: `mgen_${from - n}`, prompt: `piece ${from - n}`, ...changes }),
  );
  return { jobs, next_page_token: next };
}

function stateAfter(...events: Happening[]): State {
  return events.reduce(reduce, initialState);
}

const idsOf = (state: State) => pageOf(state.library, state.jobs).jobs.map(({ id }) => id);

describe("pages", () => {
  const state = stateAfter(
    { type: "newest", batch: batch(20, 10, "more") },
    { type: "older", batch: batch(10, 10, null) },
  );

  it("go from newest to oldest, each once", () => {
    const pages = [0, 1, 2].map((page) => reduce(state, { type: "page", page }));
    const ids = pages.flatMap(idsOf);
    expect(ids).toEqual(Array.from({ length: 20 }, (_, n) => `mgen_${20 - n}`));
    expect(pages.map(({ library, jobs }) => pageOf(library, jobs).hasOlder)).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("are filled by another batch while the service has one and the page is not full", () => {
    const short = stateAfter({ type: "newest", batch: batch(20, pageSize, "more") });
    expect(needsMore(short.library, short.jobs)).toBe(true);
    const full = stateAfter({ type: "newest", batch: batch(20, pageSize + 1, "more") });
    expect(needsMore(full.library, full.jobs)).toBe(false);
    const last = reduce(state, { type: "page", page: 2 });
    expect(needsMore(last.library, last.jobs)).toBe(false);
  });

  it("begin anew with another state, and with their first page for another text", () => {
    const second = reduce(state, { type: "page", page: 1 });
    const searched = reduce(second, { type: "filter", status: null, text: "piece 13" });
    expect(idsOf(searched)).toEqual(["mgen_13"]);
    const done = reduce(second, { type: "filter", status: "succeeded", text: "" });
    expect(done.library).toMatchObject({ ids: [], page: 0, loading: true });
  });
});

describe("the newest batch, read again", () => {
  const state = stateAfter({ type: "newest", batch: batch(10, 4, "more") });

  it("puts what is new before what is known", () => {
    const fresh = reduce(state, { type: "newest", batch: batch(12, 4, "more") });
    expect(idsOf(fresh)).toEqual(["mgen_12", "mgen_11", "mgen_10", "mgen_9", "mgen_8", "mgen_7"]);
  });

  it("drops what was deleted within its reach", () => {
    const rest = batch(10, 4, "more");
    const jobs = rest.jobs.filter(({ id }) => id !== "mgen_9");
    expect(idsOf(reduce(state, { type: "newest", batch: { ...rest, jobs } }))).toEqual([
      "mgen_10",
      "mgen_8",
      "mgen_7",
    ]);
  });

  it("is the whole list when the service has no more", () => {
    expect(idsOf(reduce(state, { type: "newest", batch: batch(10, 1, null) }))).toEqual([
      "mgen_10",
    ]);
    expect(idsOf(reduce(state, { type: "newest", batch: batch(0, 0, null) }))).toEqual([]);
  });

  it("begins the list anew where there may be others in between", () => {
    const far = reduce(state, { type: "newest", batch: batch(90, 4, "from 86") });
    expect(far.library).toMatchObject({
      ids: ["mgen_90", "mgen_89", "mgen_88", "mgen_87"],
      nextPageToken: "from 86",
    });
  });
});

describe("what becomes of a job", () => {
  it("shows a created job first, and takes a removed one from everywhere", () => {
    const listed = stateAfter({ type: "newest", batch: batch(3, 3, null) });
    const created = reduce(listed, { type: "created", job: jobOf({ id: "mgen_9" }) });
    expect(created.selectedId).toBe("mgen_9");
    expect(idsOf(created)[0]).toBe("mgen_9");
    const removed = reduce(created, { type: "removed", id: "mgen_9" });
    expect(removed.selectedId).toBeNull();
    expect(idsOf(removed)).toEqual(["mgen_3", "mgen_2", "mgen_1"]);
    expect(removed.jobs.has("mgen_9")).toBe(false);
  });

  it("never goes back to an older version", () => {
    const done = jobOf({ version: 5, status: "succeeded" });
    expect(merged(done, jobOf({ version: 4, status: "running" }))).toBe(done);
  });

  it("keeps what a list or a watch does not tell of the same state", () => {
    const queue = { position: null, wait_reason: null, estimated_start: null, estimated_end: null };
    const running = jobOf({ version: 2, status: "running", queue });
    expect(merged(running, jobOf({ version: 3, status: "running" })).queue).toBe(queue);
    expect(merged(running, jobOf({ version: 3, status: "failed" })).queue).toBeNull();
    const url = "http://here/a.mp3";
    const done = jobOf({ version: 4, status: "succeeded", playback_url: url });
    expect(merged(done, jobOf({ version: 4, status: "succeeded" })).playback_url).toBe(url);
  });

  it("is filtered by the state it has now", () => {
    const queued = stateAfter(
      { type: "filter", status: "queued", text: "" },
      { type: "newest", batch: batch(2, 2, null) },
    );
    const ended = jobOf({ id: "mgen_2", version: 2, status: "cancelled" });
    expect(idsOf(reduce(queued, { type: "job", job: ended }))).toEqual(["mgen_1"]);
  });
});

it("finds by every word, whatever the case and the accents", () => {
  const job = jobOf({ prompt: "Café at NIGHT", style_tags: ["bossa nova"], title: "Luz" });
  for (const text of ["", "cafe", "night café", "BOSSA luz", "mgen_1", "studio"]) {
    expect(matches(job, text), text).toBe(true);
  }
  for (const text of ["café noir", "gen_1", "1"]) expect(matches(job, text), text).toBe(false);
});
