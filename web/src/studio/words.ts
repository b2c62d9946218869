/** The sentences about time, place and music that the page shows. */
import type { Engine, Interpretation, Job } from "../model.ts";

/** A length for people: `3:05`. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const tail = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

/** A span that is only roughly known: `about 20 s`, `about 4 min`. Steps grow so that it does not flicker. */
export function roughly(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 1.5) return "a moment";
  if (seconds < 10) return `about ${Math.round(seconds)} s`;
  if (seconds < 57.5) return `about ${Math.round(seconds / 5) * 5} s`;
  if (seconds < 57.5 * 60) return `about ${Math.round(seconds / 60)} min`;
  return `about ${Math.round(seconds / 360) / 10} h`;
}

/** How long ago, or the day when that says more. */
export function agoText(instant: string, nowMs: number): string {
  const minutes = Math.floor((nowMs - Date.parse(instant)) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }).format(Date.parse(instant));
}

const waitReasons: Readonly<Record<string, string>> = {
  cap: "Your organization already has as many running as it may.",
  no_worker: "No worker for this engine is running right now. It starts as soon as one is.",
  backoff: "The last attempt failed; the next one comes in a little while.",
  behind_others: "Every worker is busy with others.",
};

/** The place in the line, or null where there is none to tell. */
export function placeText({ status, queue }: Pick<Job, "status" | "queue">): string | null {
  const position = queue?.position ?? null;
  if (status !== "queued" || position === null) return null;
  return position === 1 ? "Next in line" : `${ordinal(position)} in line`;
}

export function ordinal(n: number): string {
  const plural = new Intl.PluralRules("en", { type: "ordinal" }).select(n);
  const endings: Readonly<Record<string, string>> = { one: "st", two: "nd", few: "rd" };
  return `${n}${endings[plural] ?? "th"}`;
}

/** Why a queued job waits. */
export function waitText({ status, queue }: Pick<Job, "status" | "queue">): string | null {
  if (status !== "queued") return null;
  return waitReasons[queue?.wait_reason ?? ""] ?? null;
}

/**
 * When the job may start and be done.
 * @param nowMs milliseconds since 1970
 */
export function estimateText(
  { status, queue }: Pick<Job, "status" | "queue">,
  nowMs: number,
): string | null {
  const end = queue?.estimated_end ?? null;
  if (status === "queued") {
    const start = queue?.estimated_start ?? null;
    const parts = [
      start && `starts in ${roughly(Date.parse(start.p50) - nowMs)}`,
      end && `done in ${roughly(Date.parse(end.p50) - nowMs)}`,
    ].filter((each) => each !== null);
    return parts.length > 0 ? capital(parts.join(", ")) : null;
  }
  if (status !== "running" || end === null) return null;
  const [likely, most] = [Date.parse(end.p50) - nowMs, Date.parse(end.p90) - nowMs];
  if (likely >= 1_500) return `${capital(roughly(likely))} left`;
  return most >= 5_000 ? `Almost done; at most ${roughly(most)}` : "Any moment now";
}

/** What the engine made of the request, most telling first. */
export function understoodAs(interpretation: Interpretation | null): string[] {
  if (interpretation === null) return [];
  const { style_name, style, mood, era, tempo, tonic, mode, metre } = interpretation;
  const key = tonic === null ? null : [tonic.replace(/b$/, "♭").replace(/#$/, "♯"), mode ?? ""];
  const facts = [
    style_name ?? (style && capital(style)),
    mood && capital(mood),
    era,
    tempo === null ? null : `${Math.round(tempo)} bpm`,
    key?.join(" ").trim(),
    metre,
  ];
  return facts.filter((each) => each !== null && each !== undefined && each !== "") as string[];
}

const licences: Readonly<Record<string, string>> = {
  commercial_cleared: "commercial use allowed",
  commercial_enterprise: "commercial use under an agreement",
  personal_only: "personal use only",
  unclear: "terms of use unclear",
};

export function licenceText(licenceClass: string): string {
  return licences[licenceClass] ?? named(licenceClass);
}

/** What an engine can do, in short. */
export function engineFacts(engine: Engine): string[] {
  const { supports_vocals, supports_lyrics, supports_stems, supported_languages } = engine;
  return [
    `up to ${roughly(engine.max_duration_seconds * 1000).replace("about ", "")}`,
    supports_vocals ? "voices" : "instrumental",
    supports_lyrics ? "lyrics" : "",
    supports_stems ? "stems" : "",
    supported_languages.length > 0 ? languageNames(supported_languages) : "",
    licenceText(engine.licence_class),
    engine.requires_attribution ? "name the engine when you use it" : "",
  ].filter((each) => each !== "");
}

function languageNames(tags: readonly string[]): string {
  const names = new Intl.DisplayNames("en", { type: "language", fallback: "code" });
  return tags.map((tag) => names.of(tag) ?? tag).join(", ");
}

/** An identifier such as `electric_piano` as words. */
export function named(identifier: string): string {
  return capital(identifier.replaceAll(/[_-]+/g, " "));
}

export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** The title asked for or made, else the prompt's first words. */
export function titleOf(job: Job): string {
  return job.track?.title ?? job.title ?? shortened(job.prompt);
}

function shortened(prompt: string): string {
  const line = prompt.replaceAll(/\s+/g, " ").trim();
  if (line.length <= 60) return capital(line);
  return `${capital(line.slice(0, 60).replace(/\s\S*$/, ""))}…`;
}
