/** A track that is done: listened to, in whole or by stem, and taken away. */
import { useState } from "preact/hooks";
import { ownOrigin } from "../connection/api.ts";
import type { Job, Track } from "../model.ts";
import type { Studio } from "../studio/studio.ts";
import { clockText, licenceText, named } from "../studio/words.ts";
import { Choice } from "./choice.tsx";
import { Player } from "./player.tsx";

interface FinishedProps {
  readonly job: Job;
  /** Null until it has been read. */
  readonly track: Track | null;
  readonly studio: Studio;
}

const mix = "mix";

export function Finished({ job, track, studio }: FinishedProps) {
  const [part, setPart] = useState(mix);
  const stems = Object.entries(track?.stem_urls ?? {}).sort(([a], [b]) => a.localeCompare(b));
  const stem = stems.find(([name]) => name === part)?.[1];
  const link = stem ?? track?.playback_url ?? null;
  return (
    <>
      <Player
        title={track?.title ?? ""}
        url={link === null ? null : ownOrigin(link, document.baseURI)}
        waveformUrl={stem === undefined ? waveformOf(track) : null}
        seconds={track?.measured_duration_seconds ?? job.duration_seconds}
        sections={job.interpretation?.sections ?? []}
        onExpired={() => studio.renewLinks()}
      />
      {stems.length > 0 && (
        <Choice
          legend="Listen to"
          name="part"
          value={part}
          options={[[mix, "Mix"], ...stems.map(([name]) => [name, named(name)] as const)]}
          onChange={setPart}
        />
      )}
      {track !== null && <Downloads job={job} track={track} />}
    </>
  );
}

function waveformOf(track: Track | null): string | null {
  const url = track?.waveform_url ?? null;
  return url === null ? null : ownOrigin(url, document.baseURI);
}

const kinds: Readonly<Record<string, string>> = {
  "audio/mpeg": "MP3",
  "audio/flac": "FLAC",
  "audio/wav": "WAV",
};

function Downloads({ job, track }: { readonly job: Job; readonly track: Track }) {
  const midi = track.midi_url;
  const files: (readonly [label: string, url: string])[] = [
    [kinds[track.mime_type] ?? "Audio", track.playback_url],
    ...(midi === null ? [] : [["Score (MIDI)", midi] as const]),
    ...Object.entries(track.stem_urls)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([name, url]) => [named(name), url] as const),
  ];
  return (
    <footer class="taken">
      <ul class="downloads" aria-label="Downloads">
        {files.map(([label, url]) => (
          <li key={label}>
            <a class="chip" href={ownOrigin(url, document.baseURI)} download>
              {label}
            </a>
          </li>
        ))}
      </ul>
      <p class="small">
        {clockText(track.measured_duration_seconds)} · seed {job.seed} ·{" "}
        {licenceText(track.licence_class)}
      </p>
    </footer>
  );
}
