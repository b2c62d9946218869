/** What need not be chosen; of it, only what the engine can do. */
import type { Problem } from "../connection/errors.ts";
import type { Engine } from "../model.ts";
import { chosenMode, continuedBy, type Draft, takesLyrics } from "../studio/draft.ts";
import { named } from "../studio/words.ts";
import { Choice } from "./choice.tsx";
import { FieldError } from "./field-error.tsx";

interface OptionsProps {
  readonly draft: Draft;
  readonly engine: Engine;
  readonly refusal: Problem | null;
  readonly onChange: (changes: Partial<Draft>) => void;
}

const modes: Readonly<Record<string, string>> = { creation: "One piece", focus: "For focus" };
const formats: Readonly<Record<string, string>> = { mp3: "MP3", flac: "FLAC", wav: "WAV" };

export function Options({ draft, engine, refusal, onChange }: OptionsProps) {
  const continued = continuedBy(draft, engine);
  return (
    <>
      {continued !== null && (
        <p class="continues">
          <span>
            Continues <em>{continued.title}</em>
          </span>
          <button type="button" class="quiet" onClick={() => onChange({ continues: null })}>
            Start fresh
          </button>
        </p>
      )}
      {engine.supports_vocals && (
        <Switch
          label="Without voice"
          checked={draft.instrumental}
          onChange={(instrumental) => onChange({ instrumental })}
        />
      )}
      {takesLyrics(draft, engine) && (
        <div class="field">
          <label for="lyrics">Lyrics</label>
          <textarea
            id="lyrics"
            rows={4}
            maxLength={10_000}
            value={draft.lyrics}
            onInput={(event) => onChange({ lyrics: event.currentTarget.value })}
          />
          <FieldError id="lyrics-error" field="lyrics" problem={refusal} />
        </div>
      )}
      {engine.supports_stems && (
        <Switch
          label="Stems as well"
          checked={draft.stems}
          onChange={(stems) => onChange({ stems })}
        />
      )}
      <details class="more">
        <summary>More options</summary>
        <div class="more-body">
          <More {...{ draft, engine, refusal, onChange }} />
        </div>
      </details>
    </>
  );
}

function More({ draft, engine, refusal, onChange }: OptionsProps) {
  return (
    <>
      <TextField
        name="title"
        label="Title"
        placeholder="The engine finds one"
        maxLength={200}
        value={draft.title}
        refusal={refusal}
        onInput={(title) => onChange({ title })}
      />
      <TextField
        name="style_tags"
        label="Style tags"
        placeholder="lofi, mellow, vinyl"
        maxLength={2000}
        value={draft.styleTags}
        refusal={refusal}
        onInput={(styleTags) => onChange({ styleTags })}
      />
      {engine.modes.length > 1 && (
        <Choice
          legend="Kind"
          name="mode"
          value={chosenMode(draft, engine)}
          options={engine.modes.map((each) => [each, modes[each] ?? named(each)])}
          onChange={(mode) => onChange({ mode })}
        />
      )}
      {engine.output_formats.length > 1 && (
        <Choice
          legend="Format"
          name="format"
          value={draft.outputFormat || (engine.output_formats[0] ?? "")}
          options={engine.output_formats.map((each) => [each, formats[each] ?? named(each)])}
          onChange={(outputFormat) => onChange({ outputFormat })}
        />
      )}
      <Choice
        legend="Priority"
        name="priority"
        value={draft.priority}
        options={[
          ["low", "Low"],
          ["normal", "Normal"],
          ["high", "High"],
        ]}
        onChange={(priority) => onChange({ priority })}
      />
      <TextField
        name="seed"
        label="Seed"
        placeholder="Same seed, same piece"
        maxLength={10}
        pattern="\d*"
        value={draft.seed}
        refusal={refusal}
        onInput={(seed) => onChange({ seed })}
      />
    </>
  );
}

interface TextFieldProps {
  /** Of the field in the API. */
  readonly name: string;
  readonly label: string;
  readonly placeholder: string;
  readonly maxLength: number;
  readonly pattern?: string;
  readonly value: string;
  readonly refusal: Problem | null;
  readonly onInput: (value: string) => void;
}

function TextField({
  name,
  label,
  placeholder,
  maxLength,
  pattern,
  value,
  refusal,
  onInput,
}: TextFieldProps) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input
        id={name}
        autocomplete="off"
        inputMode={pattern === undefined ? "text" : "numeric"}
        {...(pattern !== undefined && { pattern })}
        {...{ placeholder, maxLength, value }}
        aria-describedby={`${name}-error`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <FieldError id={`${name}-error`} field={name} problem={refusal} />
    </div>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}

function Switch({ label, checked, onChange }: SwitchProps) {
  return (
    <label class="switch">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}
