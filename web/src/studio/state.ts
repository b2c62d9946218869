/** All that the page knows, and how each thing that happens changes it. Pure. */
import type { Problem } from "../connection/errors.ts";
import type { Engine, Job, JobPage, Status, Track } from "../model.ts";
import { withJobs, without } from "./jobs.ts";
import { emptyLibrary, type Jobs, type Library, withNewest, withOlder } from "./library.ts";

export interface State {
  readonly engines: readonly Engine[];
  readonly jobs: Jobs;
  readonly tracks: ReadonlyMap<string, Track>;
  readonly library: Library;
  /** The job on the stage; it may not be known yet. */
  readonly selectedId: string | null;
  /** Jobs whose cancel has been asked for here and not yet answered. */
  readonly cancelling: ReadonlySet<string>;
  readonly sending: boolean;
  /** Why the last request was not taken. */
  readonly refusal: Problem | null;
  /** Why the job on the stage cannot be shown, or what was asked of it not be done. */
  readonly stageProblem: Problem | null;
  /** Why the list cannot be read. */
  readonly listProblem: Problem | null;
  /** When the service is asked again, in milliseconds since 1970; null while it answers. */
  readonly lostUntilMs: number | null;
}

export const initialState: State = {
  engines: [],
  jobs: new Map(),
  tracks: new Map(),
  library: emptyLibrary,
  selectedId: null,
  cancelling: new Set(),
  sending: false,
  refusal: null,
  stageProblem: null,
  listProblem: null,
  lostUntilMs: null,
};

export type Happening =
  | { readonly type: "engines"; readonly engines: readonly Engine[] }
  | { readonly type: "job"; readonly job: Job }
  | { readonly type: "track"; readonly track: Track }
  | { readonly type: "newest"; readonly batch: JobPage }
  | { readonly type: "older"; readonly batch: JobPage }
  | { readonly type: "loading"; readonly loading: boolean }
  | { readonly type: "filter"; readonly status: Status | null; readonly text: string }
  | { readonly type: "page"; readonly page: number }
  | { readonly type: "select"; readonly id: string | null }
  | { readonly type: "sending" }
  | { readonly type: "created"; readonly job: Job }
  | { readonly type: "refused"; readonly problem: Problem }
  | { readonly type: "cancelling"; readonly id: string }
  | { readonly type: "cancelAnswered"; readonly id: string }
  | { readonly type: "removed"; readonly id: string }
  | { readonly type: "stageProblem"; readonly problem: Problem | null }
  | { readonly type: "listProblem"; readonly problem: Problem | null }
  | { readonly type: "link"; readonly lostUntilMs: number | null };

export function reduce(state: State, event: Happening): State {
  switch (event.type) {
    case "engines":
      return { ...state, engines: event.engines };
    case "job":
      return { ...state, jobs: withJobs(state.jobs, [event.job]) };
    case "track":
      return { ...state, tracks: new Map(state.tracks).set(event.track.id, event.track) };
    case "newest":
    case "older":
      return withBatch(state, event.type, event.batch);
    case "loading":
      return { ...state, library: { ...state.library, loading: event.loading } };
    case "filter":
      return { ...state, library: filtered(state.library, event.status, event.text) };
    case "page":
      return { ...state, library: { ...state.library, page: event.page } };
    case "select":
      if (event.id === state.selectedId) return state;
      return { ...state, selectedId: event.id, stageProblem: null };
    case "sending":
      return { ...state, sending: true, refusal: null };
    case "created":
      return withCreated(state, event.job);
    case "refused":
      return { ...state, sending: false, refusal: event.problem };
    case "cancelling":
      return {
        ...state,
        cancelling: new Set(state.cancelling).add(event.id),
        stageProblem: null,
      };
    case "cancelAnswered":
      return {
        ...state,
        cancelling: new Set([...state.cancelling].filter((each) => each !== event.id)),
      };
    case "removed":
      return withoutJob(state, event.id);
    case "stageProblem":
      return { ...state, stageProblem: event.problem };
    case "listProblem":
      return { ...state, listProblem: event.problem };
    case "link":
      return { ...state, lostUntilMs: event.lostUntilMs };
  }
}

function withBatch(state: State, kind: "newest" | "older", batch: JobPage): State {
  const library =
    kind === "newest" ? withNewest(state.library, batch) : withOlder(state.library, batch);
  return { ...state, jobs: withJobs(state.jobs, batch.jobs), library };
}

/** Another state begins the list anew, since the service filters by it; another text only the page. */
function filtered(library: Library, status: Status | null, text: string): Library {
  if (status === library.status) return { ...library, text, page: 0 };
  return { ...emptyLibrary, status, text };
}

function withCreated(state: State, job: Job): State {
  const { library } = state;
  const ids = [job.id, ...library.ids.filter((id) => id !== job.id)];
  return {
    ...state,
    jobs: withJobs(state.jobs, [job]),
    library: { ...library, ids, page: 0 },
    selectedId: job.id,
    stageProblem: null,
    sending: false,
    refusal: null,
  };
}

function withoutJob(state: State, id: string): State {
  const { library } = state;
  return {
    ...state,
    jobs: without(state.jobs, id),
    library: { ...library, ids: library.ids.filter((each) => each !== id) },
    selectedId: state.selectedId === id ? null : state.selectedId,
    stageProblem: null,
  };
}
