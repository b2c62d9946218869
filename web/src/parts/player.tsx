/** The player: the waveform, by wavesurfer.js, below a slider that hand, keyboard and screen reader can use. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Section } from "../model.ts";
import { clockText, named } from "../studio/words.ts";
import { PauseIcon, PlayIcon } from "./icons.tsx";
import { useWaveform } from "./use-waveform.ts";

interface PlayerProps {
  readonly title: string;
  /** Null until it is known. */
  readonly url: string | null;
  /** What to draw, where the service has it ready; without, the sound is read to draw it. */
  readonly waveformUrl: string | null;
  readonly seconds: number;
  readonly sections: readonly Section[];
  /** The link may have expired. */
  readonly onExpired: () => void;
}

export function Player({ title, url, waveformUrl, seconds, sections, onExpired }: PlayerProps) {
  const canvas = useRef<HTMLDivElement>(null);
  const { media, ready, failed } = useWaveform(canvas, { url, waveformUrl, seconds, onExpired });
  const { playing, at } = usePlayback(media);
  const toggle = () => {
    if (media.paused) void media.play().catch(() => undefined);
    else media.pause();
  };
  return (
    <div class="player" data-ready={ready}>
      <div class="player-row">
        <button
          type="button"
          class="play"
          aria-label={playing ? "Pause" : `Play ${title}`}
          aria-disabled={url === null}
          onClick={toggle}
        >
          {playing ? <PauseIcon /> : <PlayIcon />}
        </button>
        <div class="wave">
          <div ref={canvas} class="wave-canvas" aria-hidden="true" />
          <input
            type="range"
            aria-label="Position"
            min={0}
            max={seconds}
            step={0.1}
            value={at}
            aria-valuetext={`${clockText(at)} of ${clockText(seconds)}`}
            onInput={(event) => {
              media.currentTime = Number(event.currentTarget.value);
            }}
          />
        </div>
      </div>
      <div class="under">
        <span class="time" aria-hidden="true">
          {clockText(at)}
        </span>
        <Form sections={sections} at={at} onSeek={(to) => (media.currentTime = to)} />
      </div>
      <p class="small" role="status">
        {failed ? "The sound could not be loaded. Its link is being renewed." : ""}
      </p>
    </div>
  );
}

function usePlayback(media: HTMLMediaElement) {
  const [playing, setPlaying] = useState(!media.paused);
  const [at, setAt] = useState(media.currentTime);
  useEffect(() => {
    const follow = () => {
      setPlaying(!media.paused);
      setAt(media.currentTime);
    };
    const names = ["play", "pause", "ended", "timeupdate", "seeking"];
    for (const name of names) media.addEventListener(name, follow);
    return () => {
      for (const name of names) media.removeEventListener(name, follow);
    };
  }, [media]);
  return { playing, at };
}

interface FormProps {
  readonly sections: readonly Section[];
  readonly at: number;
  readonly onSeek: (seconds: number) => void;
}

/** The parts of the piece, as long as they sound. */
function Form({ sections, at, onSeek }: FormProps) {
  return (
    <ol class="form" aria-label="Form">
      {sections.map(({ kind, start_seconds: start, duration_seconds: length }) => (
        <li key={start} style={{ flexGrow: length }}>
          <button
            type="button"
            title={named(kind)}
            aria-label={`${named(kind)} at ${clockText(start)}`}
            aria-current={at >= start && at < start + length}
            onClick={() => onSeek(start)}
          >
            {named(kind)}
          </button>
        </li>
      ))}
    </ol>
  );
}
