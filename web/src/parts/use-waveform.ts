/** Binds wavesurfer.js to an element of the page and an audio element of its own. */
import type { RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type WaveSurfer from "wavesurfer.js";
import { readWaveform } from "../studio/waveform.ts";

interface Source {
  readonly url: string | null;
  readonly waveformUrl: string | null;
  readonly seconds: number;
  readonly onExpired: () => void;
}

/** CSS pixels; the page's policy knows the style that wavesurfer.js makes of it. */
const height = 88;

export function useWaveform(place: RefObject<HTMLDivElement | null>, source: Source) {
  const media = useMemo(() => new Audio(), []);
  const [surfer, setSurfer] = useState<WaveSurfer | null>(null);
  const [ready, setReady] = useState(false);
  const [failed, setFailed] = useState(false);
  const renewed = useRef<string | null>(null);

  useEffect(() => {
    let gone = false;
    let made: WaveSurfer | null = null;
    void import("wavesurfer.js").then(({ default: library }) => {
      if (gone || place.current === null) return;
      made = library.create({ container: place.current, media, height, ...look(place.current) });
      setSurfer(made);
    });
    const colours = matchMedia("(prefers-color-scheme: dark)");
    const recolour = () => place.current && made?.setOptions(look(place.current));
    colours.addEventListener("change", recolour);
    return () => {
      gone = true;
      colours.removeEventListener("change", recolour);
      media.pause();
      made?.destroy();
    };
  }, [media, place]);

  const { url, waveformUrl, seconds } = source;
  useEffect(() => {
    if (surfer === null || url === null) return;
    const ends = new AbortController();
    const { currentTime: at, paused } = media;
    const load = async () => {
      const peaks = waveformUrl === null ? null : await readWaveform(waveformUrl, ends.signal);
      if (ends.signal.aborted) return;
      await surfer.load(url, peaks ?? undefined, peaks === null ? undefined : seconds);
      if (ends.signal.aborted) return;
      media.currentTime = at;
      setReady(true);
      setFailed(false);
      if (!paused) await media.play();
    };
    load().catch(() => {
      if (ends.signal.aborted) return;
      setFailed(true);
      // Once for each link: a new one that fails as well would be renewed for ever.
      if (renewed.current !== url) source.onExpired();
      renewed.current = url;
    });
    return () => ends.abort();
  }, [surfer, url, waveformUrl]);

  return { media, ready, failed };
}

/** In the colours of the page, which change with the scheme. */
function look(element: HTMLElement) {
  const { color, outlineColor } = getComputedStyle(element);
  return {
    waveColor: color,
    progressColor: outlineColor,
    cursorWidth: 0,
    barWidth: 3,
    barGap: 2,
    barRadius: 3,
    barMinHeight: 2,
    normalize: true,
    interact: false,
    hideScrollbar: true,
  };
}
