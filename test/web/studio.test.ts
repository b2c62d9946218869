/** The page's dealings with the running service, without a browser. */
import { afterEach, expect, it } from "vitest";
import { createApi } from "../../web/src/connection/api.ts";
import type { Problem } from "../../web/src/connection/errors.ts";
import { createPauses } from "../../web/src/connection/pauses.ts";
import { pageOf } from "../../web/src/studio/library.ts";
import type { State } from "../../web/src/studio/state.ts";
import { Studio } from "../../web/src/studio/studio.ts";
import { startTestService } from "../support/service.ts";

const service = await startTestService();
const organizationId = "org_web";
const open: Studio[] = [];
afterEach(() => {
  for (const studio of open.splice(0)) studio.stop();
});

interface Page {
  readonly studio: Studio;
  readonly signedOut: Problem[];
  /** Resolves once the state is so. */
  until(holds: (state: State) => boolean): Promise<State>;
}

function openPage(key: string, fetcher: typeof fetch = fetch): Page {
  const signedOut: Problem[] = [];
  let keys = 0;
  const studio = new Studio({
    api: createApi({ organizationId, key }, `${service.url}/`, fetcher),
    pauses: createPauses(),
    now: () => Date.now(),
    random: () => 0.5,
    newKey: () => `wish-${++keys}`,
    isVisible: () => true,
    announce: () => {},
    signOut: (problem) => signedOut.push(problem),
  });
  open.push(studio);
  const until = (holds: (state: State) => boolean) =>
    new Promise<State>((resolve) => {
      const look = () => {
        if (!holds(studio.state)) return;
        unsubscribe();
        resolve(studio.state);
      };
      const unsubscribe = studio.subscribe(look);
      look();
    });
  return { studio, signedOut, until };
}

const request = (durationSeconds: number) => ({
  engine: "studio",
  prompt: "calm piano",
  duration_seconds: durationSeconds,
});

const shown = ({ jobs, selectedId }: State) => jobs.get(selectedId ?? "");

it("goes from a prompt to a track with its links, and lists it", async () => {
  const { studio, until } = openPage(await service.key(organizationId, "user_track"));
  studio.start();
  const { engines } = await until((state) => state.engines.length > 0);
  expect(engines[0]?.output_formats.length).toBeGreaterThan(0);
  const seen: string[] = [];
  studio.subscribe(() => seen.push(shown(studio.state)?.status ?? ""));
  await studio.create(request(5));
  const state = await until(({ tracks }) => tracks.size > 0);
  expect([...new Set(seen)].filter((each) => each !== "").at(-1)).toBe("succeeded");
  const [track] = [...state.tracks.values()];
  expect(shown(state)).toMatchObject({ progress: 100, result_track_id: track?.id });
  const audio = await fetch(track?.playback_url ?? "");
  expect([audio.status, audio.headers.get("content-type")]).toEqual([200, "audio/mpeg"]);
  expect(pageOf(state.library, state.jobs).jobs.map(({ id }) => id)).toEqual([state.selectedId]);
  await studio.remove(state.selectedId ?? "");
  expect(studio.state).toMatchObject({ selectedId: null, stageProblem: null });
  expect(pageOf(studio.state.library, studio.state.jobs).jobs).toEqual([]);
});

it("cancels a job that runs, and a reload finds it so", async () => {
  const key = await service.key(organizationId, "user_cancel");
  const { studio, until } = openPage(key);
  studio.start();
  const job = await studio.create(request(600));
  await until((state) => shown(state)?.status === "running");
  const reloaded = openPage(key);
  reloaded.studio.select(job?.id ?? "");
  await reloaded.until((state) => shown(state)?.status === "running");
  const cancelled = studio.cancel(job?.id ?? "");
  expect(studio.state.cancelling.has(job?.id ?? "")).toBe(true);
  await cancelled;
  expect(studio.state.cancelling.size).toBe(0);
  await Promise.all(
    [until, reloaded.until].map((both) => both((state) => shown(state)?.status === "cancelled")),
  );
});

it("creates one job although the first answer was lost", async () => {
  let lost = false;
  const forgetful: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (init?.method !== "POST" || lost) return response;
    lost = true;
    throw new TypeError("the connection broke");
  };
  const { studio, until } = openPage(await service.key(organizationId, "user_lost"), forgetful);
  studio.start();
  expect(await studio.create(request(600))).toBeNull();
  expect(studio.state.refusal?.kind).toBe("lost");
  const job = await studio.create(request(600));
  studio.wake();
  const state = await until(({ library }) => library.ids.length > 0 && !library.loading);
  expect(state.library.ids).toEqual([job?.id]);
  // Another wish, although in the same words, is another job.
  const again = await studio.create(request(600));
  expect(again?.id).not.toBe(job?.id);
  await Promise.all([job, again].map((each) => studio.cancel(each?.id ?? "")));
});

it("tells what is wrong with a request, field by field", async () => {
  const { studio } = openPage(await service.key(organizationId, "user_invalid"));
  await studio.create({ ...request(0), prompt: "" });
  const { refusal } = studio.state;
  expect(refusal?.kind).toBe("invalid");
  expect(new Set(refusal?.violations.map(({ field }) => field))).toEqual(
    new Set(["prompt", "duration_seconds"]),
  );
});

it("says so when the job in the address is not there", async () => {
  const { studio, until } = openPage(await service.key(organizationId, "user_gone"));
  studio.select("mgen_000000000000000000000000");
  const { stageProblem } = await until((state) => state.stageProblem !== null);
  expect(stageProblem?.kind).toBe("gone");
});

it("gives the key back when it does not work", async () => {
  const { studio, signedOut, until } = openPage("oak_wrong");
  studio.start();
  await until(() => signedOut.length > 0);
  expect(signedOut[0]?.kind).toBe("key");
});
