/** A failure in words, where it matters. */
import type { ComponentChildren } from "preact";
import type { Problem } from "../connection/errors.ts";
import { useNow } from "./use-now.ts";

interface NoticeProps {
  readonly problem: Problem | null;
  /** What can be done about it. */
  readonly children?: ComponentChildren;
}

/** Always there, so that screen readers announce what comes into it; empty without a problem. */
export function Notice({ problem, children }: NoticeProps) {
  return (
    <div role="alert">
      {problem !== null && (
        <div class="notice" data-kind={problem.kind}>
          <p>
            <strong>{problem.title}.</strong> {problem.text}
          </p>
          {problem.retryAtMs !== null && <Wait untilMs={problem.retryAtMs} />}
          {problem.traceId !== null && (
            <p class="small">
              Tell the operator: <code>{problem.traceId}</code>
            </p>
          )}
          {children}
        </div>
      )}
    </div>
  );
}

/** Not announced each second. */
function Wait({ untilMs }: { readonly untilMs: number }) {
  const seconds = Math.ceil((untilMs - useNow()) / 1000);
  return (
    <p class="small" aria-live="off">
      {seconds > 0 ? `Try again in ${seconds} s.` : "You can try again now."}
    </p>
  );
}
