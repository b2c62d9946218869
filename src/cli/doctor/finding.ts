/** What a check of `doctor` finds. */
export type Finding =
  | { readonly state: "ok"; readonly found: string }
  /** The service runs all the same (`warning`), or it does not (`fault`); `advice` says what to do. */
  | { readonly state: "warning" | "fault"; readonly found: string; readonly advice: string };

export interface Check {
  readonly name: string;
  readonly find: () => Promise<Finding>;
}

export function ok(found: string): Finding {
  return { state: "ok", found };
}

export function warning(found: string, advice: string): Finding {
  return { state: "warning", found, advice };
}

export function fault(found: string, advice: string): Finding {
  return { state: "fault", found, advice };
}

/** The message of anything that was thrown, on one line. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replaceAll(/\s*\n\s*/g, "; ");
}
