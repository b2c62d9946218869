/** The studio: the form, the stage and the list. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Credentials } from "../connection/api.ts";
import type { Problem } from "../connection/errors.ts";
import type { Job } from "../model.ts";
import type { Session } from "../session.ts";
import { chosenEngine, type Draft, draftOf, emptyDraft, requestOf } from "../studio/draft.ts";
import { Composer } from "./composer.tsx";
import { Library } from "./library.tsx";
import { Lost } from "./lost.tsx";
import { Stage } from "./stage.tsx";
import { useStudio } from "./use-studio.ts";

interface WorkspaceProps {
  readonly credentials: Credentials;
  readonly session: Session;
  readonly onSignOut: (problem: Problem | null) => void;
}

export function Workspace({ credentials, session, onSignOut }: WorkspaceProps) {
  const [studio, state] = useStudio(credentials, onSignOut);
  const [draft, setDraft] = useState<Draft>(() => ({ ...emptyDraft, ...session.draft }));
  const promptField = useRef<HTMLTextAreaElement>(null);
  const stage = useRef<HTMLElement>(null);
  useEffect(() => session.keepDraft(draft), [session, draft]);
  useEffect(() => promptField.current?.focus({ preventScroll: true }), []);

  const submit = async () => {
    const engine = chosenEngine(draft, state.engines);
    if (engine === null || state.sending) return;
    if ((await studio.create(requestOf(draft, engine))) !== null) reveal(stage.current);
  };
  const reuse = (job: Job, changes: Partial<Draft> = {}) => {
    setDraft({ ...draftOf(job), ...changes });
    promptField.current?.focus();
    promptField.current?.scrollIntoView({ block: "center" });
  };
  const begin = (prompt: string) => {
    setDraft({ ...draft, prompt });
    promptField.current?.focus();
  };
  const select = (id: string) => {
    studio.select(id);
    reveal(stage.current);
  };

  return (
    <main class="studio">
      <h1 class="unseen">Studio</h1>
      <Lost untilMs={state.lostUntilMs} onRetry={() => studio.wake()} />
      <Composer
        promptField={promptField}
        draft={draft}
        engines={state.engines}
        sending={state.sending}
        refusal={state.refusal}
        onChange={(changes) => setDraft({ ...draft, ...changes })}
        onSubmit={submit}
      />
      <div class="results">
        <Stage stage={stage} studio={studio} state={state} onReuse={reuse} onIdea={begin} />
        <Library studio={studio} state={state} onSelect={select} />
      </div>
    </main>
  );
}

/** Brings what was asked for before the eyes, and the keyboard to it. */
function reveal(element: HTMLElement | null): void {
  if (element === null) return;
  element.focus({ preventScroll: true });
  const { top } = element.getBoundingClientRect();
  if (top >= 0 && top < window.innerHeight / 2) return;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ block: "start", behavior: still ? "auto" : "smooth" });
}
