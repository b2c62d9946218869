/** The list of one's jobs, with search and pages. */
import type { Job, Status as JobStatus } from "../model.ts";
import { pageOf } from "../studio/library.ts";
import type { State } from "../studio/state.ts";
import type { Studio } from "../studio/studio.ts";
import { agoText, clockText, titleOf } from "../studio/words.ts";
import { Notice } from "./notice.tsx";
import { Status } from "./status.tsx";
import { useNow } from "./use-now.ts";

interface LibraryProps {
  readonly studio: Studio;
  readonly state: State;
  readonly onSelect: (id: string) => void;
}

const states: readonly (readonly [value: string, label: string])[] = [
  ["", "All"],
  ["queued", "Waiting"],
  ["running", "Making"],
  ["succeeded", "Done"],
  ["failed", "Failed"],
  ["cancelled", "Cancelled"],
  ["refused", "Refused"],
];

export function Library({ studio, state, onSelect }: LibraryProps) {
  const { library } = state;
  const page = pageOf(library, state.jobs);
  const now = useNow();
  return (
    <section class="library" aria-labelledby="library">
      <div class="library-head">
        <h2 id="library">Your tracks</h2>
        <input
          type="search"
          aria-label="Search your tracks"
          placeholder="Search"
          value={library.text}
          onInput={(event) => studio.filter(library.status, event.currentTarget.value)}
        />
        <select
          aria-label="Show"
          value={library.status ?? ""}
          onChange={(event) =>
            studio.filter((event.currentTarget.value || null) as JobStatus | null, library.text)
          }
        >
          {states.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <Notice problem={state.listProblem} />
      <ul class="rows" aria-busy={library.loading}>
        {page.jobs.map((job) => (
          <li key={job.id}>
            <Row job={job} now={now} current={job.id === state.selectedId} onSelect={onSelect} />
          </li>
        ))}
      </ul>
      {page.jobs.length === 0 && <p class="none">{emptyText(state)}</p>}
      {(page.hasNewer || page.hasOlder) && (
        <nav class="pages" aria-label="Pages">
          <button
            type="button"
            aria-disabled={!page.hasNewer}
            onClick={() => page.hasNewer && studio.page(library.page - 1)}
          >
            Newer
          </button>
          <span role="status">Page {library.page + 1}</span>
          <button
            type="button"
            aria-disabled={!page.hasOlder}
            onClick={() => page.hasOlder && studio.page(library.page + 1)}
          >
            Older
          </button>
        </nav>
      )}
    </section>
  );
}

function emptyText({ library, lostUntilMs, listProblem }: State): string {
  if (listProblem !== null) return "";
  if (library.loading)
    return lostUntilMs === null ? "Looking…" : "The list comes with the connection.";
  const filtered = library.text.trim() !== "" || library.status !== null;
  if (library.page > 0) return "Nothing older.";
  return filtered ? "Nothing of yours matches." : "Your tracks gather here.";
}

interface RowProps {
  readonly job: Job;
  readonly now: number;
  readonly current: boolean;
  readonly onSelect: (id: string) => void;
}

function Row({ job, now, current, onSelect }: RowProps) {
  return (
    <button type="button" class="row" aria-current={current} onClick={() => onSelect(job.id)}>
      <span class="row-title">{titleOf(job)}</span>
      <span class="row-status">
        {job.status === "running" && <span class="number">{job.progress}%</span>}
        <Status job={job} />
      </span>
      <span class="row-facts">
        {clockText(job.duration_seconds)} · {agoText(job.created_at, now)}
      </span>
    </button>
  );
}
