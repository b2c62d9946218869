/** The studio of a key, bound to the page: its address, its other tabs, and whether anyone looks. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Credentials, createApi } from "../connection/api.ts";
import type { Problem } from "../connection/errors.ts";
import { createPauses } from "../connection/pauses.ts";
import type { State } from "../studio/state.ts";
import { Studio } from "../studio/studio.ts";

/** The job on the stage is in the address, so that a reload and the back button keep it. */
function idInAddress(): string | null {
  return /^#(mgen_\w+)$/.exec(location.hash)?.[1] ?? null;
}

export function useStudio(
  credentials: Credentials,
  signOut: (problem: Problem) => void,
): readonly [Studio, State] {
  const channel = useMemo(() => new BroadcastChannel("music-generations"), []);
  const studio = useMemo(
    () =>
      new Studio({
        api: createApi(credentials, document.baseURI),
        pauses: createPauses(),
        now: () => Date.now(),
        random: () => Math.random(),
        newKey: randomKey,
        isVisible: () => document.visibilityState === "visible",
        announce: () => channel.postMessage(credentials.organizationId),
        signOut,
      }),
    [channel, credentials, signOut],
  );
  const [state, setState] = useState(studio.state);

  useEffect(() => {
    const unsubscribe = studio.subscribe(() => setState(studio.state));
    const wake = () => studio.wake();
    const follow = () => studio.select(idInAddress());
    channel.onmessage = wake;
    window.addEventListener("online", wake);
    window.addEventListener("offline", wake);
    window.addEventListener("hashchange", follow);
    document.addEventListener("visibilitychange", wake);
    follow();
    studio.start();
    return () => {
      unsubscribe();
      studio.stop();
      channel.close();
      window.removeEventListener("online", wake);
      window.removeEventListener("offline", wake);
      window.removeEventListener("hashchange", follow);
      document.removeEventListener("visibilitychange", wake);
    };
  }, [studio, channel]);

  const { selectedId } = state;
  useEffect(() => {
    if (selectedId === idInAddress()) return;
    if (selectedId === null) history.replaceState(null, "", location.pathname + location.search);
    else history.pushState(null, "", `#${selectedId}`);
  }, [selectedId]);
  return [studio, state];
}

/** `crypto.randomUUID` is missing where the page is not from `localhost` or by HTTPS. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `web-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
