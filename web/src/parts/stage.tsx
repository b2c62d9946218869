/** The job that is looked at: what becomes of it while it is made, and how it sounds when it is done. */
import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { isActive, type Job } from "../model.ts";
import type { Draft } from "../studio/draft.ts";
import type { State } from "../studio/state.ts";
import type { Studio } from "../studio/studio.ts";
import { titleOf, understoodAs } from "../studio/words.ts";
import { Finished } from "./finished.tsx";
import { Making } from "./making.tsx";
import { Notice } from "./notice.tsx";
import { Status } from "./status.tsx";

const ideas = [
  "Warm lo-fi hip hop for a rainy evening, 78 bpm, D minor",
  "Slow ambient piano with long, soft pads",
  "Bright synthwave for a night drive, 110 bpm",
];

interface StageProps {
  readonly stage: RefObject<HTMLElement | null>;
  readonly studio: Studio;
  readonly state: State;
  readonly onReuse: (job: Job, changes?: Partial<Draft>) => void;
  readonly onIdea: (prompt: string) => void;
}

export function Stage({ stage, studio, state, onReuse, onIdea }: StageProps) {
  const job = state.jobs.get(state.selectedId ?? "") ?? null;
  return (
    <section
      ref={stage}
      class="card stage"
      data-stems={job?.stems === true}
      tabIndex={-1}
      aria-label="Track"
    >
      {job !== null ? (
        <Shown key={job.id} {...{ job, studio, state, onReuse }} />
      ) : (
        <Empty awaited={state.selectedId !== null && state.stageProblem === null} onIdea={onIdea} />
      )}
      <Notice problem={state.stageProblem} />
    </section>
  );
}

interface EmptyProps {
  /** A job is on its way here. */
  readonly awaited: boolean;
  readonly onIdea: (prompt: string) => void;
}

function Empty({ awaited, onIdea }: EmptyProps) {
  if (awaited) return <p class="empty">Fetching the track…</p>;
  return (
    <div class="empty">
      <svg class="silence" viewBox="0 0 320 48" preserveAspectRatio="none" aria-hidden="true">
        <path d="M0 24h320" />
      </svg>
      <h2>Nothing plays yet</h2>
      <p>Describe a piece and it plays here. To begin with, perhaps:</p>
      <ul class="ideas" aria-label="Ideas">
        {ideas.map((idea) => (
          <li key={idea}>
            <button type="button" class="chip" onClick={() => onIdea(idea)}>
              {idea}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface ShownProps extends Omit<StageProps, "stage" | "onIdea"> {
  readonly job: Job;
}

function Shown({ job, studio, state, onReuse }: ShownProps) {
  const understood = understoodAs(job.interpretation);
  return (
    <>
      <header class="stage-head">
        <Status job={job} cancelling={state.cancelling.has(job.id)} />
        <h2>{titleOf(job)}</h2>
        {promptOf(job) !== "" && <p class="prompt-text">{promptOf(job)}</p>}
        {understood.length > 0 && (
          <ul class="facts" aria-label="Understood as">
            {understood.map((fact) => (
              <li key={fact}>{fact}</li>
            ))}
          </ul>
        )}
      </header>
      {isActive(job) && (
        <Making job={job} studio={studio} cancelling={state.cancelling.has(job.id)} />
      )}
      {job.status === "succeeded" && (
        <Finished
          job={job}
          track={state.tracks.get(job.result_track_id ?? "") ?? null}
          studio={studio}
        />
      )}
      <Ending job={job} />
      {!isActive(job) && <Afterwards {...{ job, studio, state, onReuse }} />}
    </>
  );
}

/** The prompt, unless the heading says it all. */
function promptOf(job: Job): string {
  return titleOf(job).toLowerCase() === job.prompt.trim().toLowerCase() ? "" : job.prompt;
}

/** Why there is no track. */
function Ending({ job }: { readonly job: Job }) {
  if (job.status === "failed") {
    return (
      <div class="ending" data-status="failed">
        <p>{job.error_message ?? "The track could not be made."}</p>
        <p class="small">Tried {job.attempts === 1 ? "once" : `${job.attempts} times`}.</p>
      </div>
    );
  }
  if (job.status === "refused") {
    return (
      <div class="ending" data-status="refused">
        <p>{job.refusal_reason ?? "This may not be made."}</p>
        <p class="small">Change the prompt and ask again.</p>
      </div>
    );
  }
  if (job.status !== "cancelled") return null;
  return (
    <div class="ending" data-status="cancelled">
      <p>This one was stopped. Nothing was kept.</p>
    </div>
  );
}

interface AfterwardsProps {
  readonly job: Job;
  readonly studio: Studio;
  readonly state: State;
  readonly onReuse: StageProps["onReuse"];
}

function Afterwards({ job, studio, state, onReuse }: AfterwardsProps) {
  const [sure, setSure] = useState(false);
  const { track } = job;
  const engine = state.engines.find(({ engine_key }) => engine_key === job.engine);
  const canContinue = engine?.supports_seed_tracks === true;
  return (
    <div class="actions">
      <button type="button" onClick={() => onReuse(job)}>
        {job.status === "refused" ? "Change the prompt" : "Use again"}
      </button>
      {track !== null && canContinue && (
        <button type="button" onClick={() => onReuse(job, { continues: track, title: "" })}>
          Continue it
        </button>
      )}
      <span class="spacer" />
      {sure ? (
        <>
          <button type="button" class="danger" onClick={() => studio.remove(job.id)}>
            Delete for good
          </button>
          <button type="button" class="quiet" onClick={() => setSure(false)}>
            Keep
          </button>
        </>
      ) : (
        <button type="button" class="quiet" onClick={() => setSure(true)}>
          Delete
        </button>
      )}
    </div>
  );
}
