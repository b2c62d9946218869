/** The form that makes a request: what it offers comes from the engines that the service lists. */
import type { RefObject } from "preact";
import type { Problem } from "../connection/errors.ts";
import type { Engine } from "../model.ts";
import { chosenEngine, type Draft } from "../studio/draft.ts";
import { engineFacts } from "../studio/words.ts";
import { FieldError, unmatched } from "./field-error.tsx";
import { LengthField } from "./length-field.tsx";
import { Notice } from "./notice.tsx";
import { Options } from "./options.tsx";

interface ComposerProps {
  readonly promptField: RefObject<HTMLTextAreaElement | null>;
  readonly draft: Draft;
  readonly engines: readonly Engine[];
  readonly sending: boolean;
  readonly refusal: Problem | null;
  readonly onChange: (changes: Partial<Draft>) => void;
  readonly onSubmit: () => void;
}

export function Composer(props: ComposerProps) {
  const { draft, engines, sending, refusal, onChange, onSubmit } = props;
  const engine = chosenEngine(draft, engines);
  const submit = (event: Event) => {
    event.preventDefault();
    onSubmit();
  };
  const submitByKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    (event.currentTarget as HTMLTextAreaElement).form?.requestSubmit();
  };
  return (
    <form class="card composer" aria-label="New track" onSubmit={submit}>
      <div class="field">
        <label for="prompt">What should it sound like?</label>
        <textarea
          id="prompt"
          ref={props.promptField}
          class="prompt"
          required
          rows={4}
          maxLength={4000}
          placeholder="Style, mood, tempo, key, instruments: in your own words"
          value={draft.prompt}
          aria-describedby="prompt-error"
          onInput={(event) => onChange({ prompt: event.currentTarget.value })}
          onKeyDown={submitByKey}
        />
        <FieldError id="prompt-error" field="prompt" problem={refusal} />
      </div>
      <EngineField {...{ draft, engines, engine, refusal, onChange }} />
      <LengthField
        seconds={draft.durationSeconds}
        most={engine?.max_duration_seconds ?? 600}
        refusal={refusal}
        onChange={(durationSeconds) => onChange({ durationSeconds })}
      />
      {engine !== null && <Options {...{ draft, engine, refusal, onChange }} />}
      <Notice problem={unmatched(refusal)} />
      <button type="submit" class="primary" aria-disabled={sending || engine === null}>
        {sending ? "Sending…" : "Make this track"}
      </button>
    </form>
  );
}

interface EngineFieldProps {
  readonly draft: Draft;
  readonly engines: readonly Engine[];
  readonly engine: Engine | null;
  readonly refusal: Problem | null;
  readonly onChange: (changes: Partial<Draft>) => void;
}

function EngineField({ engines, engine, refusal, onChange }: EngineFieldProps) {
  return (
    <div class="field">
      <label for="engine">Engine</label>
      <select
        id="engine"
        value={engine?.engine_key ?? ""}
        disabled={engine === null}
        aria-describedby="engine-facts"
        onChange={(event) => onChange({ engine: event.currentTarget.value })}
      >
        {engines.map(({ engine_key, name }) => (
          <option key={engine_key} value={engine_key}>
            {name}
          </option>
        ))}
      </select>
      <p id="engine-facts" class="small">
        {engine === null ? "Asking the service…" : engineFacts(engine).join(" · ")}
      </p>
      <FieldError id="engine-error" field="engine" problem={refusal} />
    </div>
  );
}
