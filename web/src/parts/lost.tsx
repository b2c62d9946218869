/** Says that the service is out of reach, and when it is asked again. */
import { useNow } from "./use-now.ts";

interface LostProps {
  /** Milliseconds since 1970; null while the service answers. */
  readonly untilMs: number | null;
  readonly onRetry: () => void;
}

export function Lost({ untilMs, onRetry }: LostProps) {
  return (
    <div class="lost-place" role="status">
      {untilMs !== null && (
        <div class="lost">
          <p>
            <strong>No connection to the service.</strong> What you asked for goes on there; this
            page catches up by itself.
          </p>
          <Countdown untilMs={untilMs} />
          <button type="button" onClick={onRetry}>
            Try now
          </button>
        </div>
      )}
    </div>
  );
}

function Countdown({ untilMs }: { readonly untilMs: number }) {
  const seconds = Math.ceil((untilMs - useNow()) / 1000);
  return (
    <span class="small" aria-hidden="true">
      {seconds > 0 ? `Next try in ${seconds} s` : "Trying…"}
    </span>
  );
}
