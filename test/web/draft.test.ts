/** What the form asks for: only what was chosen and what the engine can do. */
import { expect, it } from "vitest";
import { chosenEngine, draftOf, emptyDraft, requestOf } from "../../web/src/studio/draft.ts";
import { engineOf, jobOf } from "./fixtures.ts";

const draft = { ...emptyDraft, prompt: "calm piano", durationSeconds: 30 };
const everything = {
  ...draft,
  mode: "focus",
  instrumental: false,
  lyrics: "la la",
  styleTags: " lofi, mellow,, lofi ",
  title: " Rain ",
  outputFormat: "flac",
  stems: true,
  seed: "7",
  priority: "high",
  continues: { id: "mtrack_1", title: "Before", engine: "studio" },
};

it("is short when nothing else was chosen", () => {
  expect(requestOf(draft, engineOf())).toEqual({
    engine: "studio",
    prompt: "calm piano",
    duration_seconds: 30,
  });
});

it("has all that an engine can do", () => {
  const able = engineOf({
    supports_vocals: true,
    supports_lyrics: true,
    supports_stems: true,
    supports_seed_tracks: true,
    output_formats: ["mp3", "flac"],
    modes: ["creation", "focus"],
  });
  expect(requestOf(everything, able)).toEqual({
    engine: "studio",
    prompt: "calm piano",
    duration_seconds: 30,
    mode: "focus",
    lyrics: "la la",
    style_tags: ["lofi", "mellow"],
    title: "Rain",
    output_format: "flac",
    stems: true,
    seed: 7,
    priority: "high",
    seed_track_id: "mtrack_1",
  });
  const wordless = requestOf({ ...everything, instrumental: true }, able);
  expect(wordless).toMatchObject({ instrumental: true });
  expect(wordless).not.toHaveProperty("lyrics");
});

it("leaves out what another engine could not do, and cuts the length to its longest", () => {
  const other = engineOf({ engine_key: "other", max_duration_seconds: 20 });
  expect(requestOf({ ...everything, engine: "other" }, other)).toEqual({
    engine: "other",
    prompt: "calm piano",
    duration_seconds: 20,
    style_tags: ["lofi", "mellow"],
    title: "Rain",
    seed: 7,
    priority: "high",
  });
});

it("asks an engine that only makes another kind of music for that", () => {
  const focused = engineOf({ modes: ["focus"] });
  expect(requestOf(draft, focused)).toMatchObject({ mode: "focus" });
});

it("continues a track only by the engine that made it", () => {
  const other = engineOf({ engine_key: "other", supports_seed_tracks: true });
  expect(requestOf(everything, other)).not.toHaveProperty("seed_track_id");
});

it("is for the first engine until one is chosen, also when the chosen one is gone", () => {
  const engines = [engineOf(), engineOf({ engine_key: "other" })];
  expect(chosenEngine(draft, engines)?.engine_key).toBe("studio");
  expect(chosenEngine({ ...draft, engine: "other" }, engines)?.engine_key).toBe("other");
  expect(chosenEngine({ ...draft, engine: "gone" }, engines)?.engine_key).toBe("studio");
  expect(chosenEngine(draft, [])).toBeNull();
});

it("asks for the same again, with a seed of its own", () => {
  const job = jobOf({ title: "Rain", style_tags: ["lofi"], output_format: "flac", stems: true });
  const able = engineOf({ supports_stems: true, output_formats: ["mp3", "flac"] });
  expect(requestOf(draftOf(job), able)).toEqual({
    engine: "studio",
    prompt: "calm piano",
    duration_seconds: 30,
    title: "Rain",
    style_tags: ["lofi"],
    output_format: "flac",
    stems: true,
  });
});
