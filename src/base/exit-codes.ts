/** The exit codes of every command: this table is the one place that knows them; the documents show it. */
export const exitCodes = {
  ok: { code: 0, when: "It did what it was asked for; a service has stopped cleanly." },
  failed: {
    code: 1,
    when: "Something failed: a start, a call, the database, or an uncaught error; `doctor` found a fault.",
  },
  usage: { code: 2, when: "A mistake in the command, in a value or in the settings." },
  jobFailed: { code: 3, when: "The job that was waited for ended as failed." },
  jobCancelled: { code: 4, when: "The job that was waited for ended as cancelled, by whomever." },
  jobRefused: { code: 5, when: "The job that was waited for was refused: it may not be served." },
  unavailable: {
    code: 6,
    when: "The service cannot be reached or has no time; the same command may work later.",
  },
  denied: { code: 7, when: "There is no API key, or the key may not do this." },
  interrupted: {
    code: 130,
    when: "A second signal ended a service that was stopping, or a command that was cancelling its job.",
  },
} as const satisfies Record<string, { readonly code: number; readonly when: string }>;

export type ExitKind = keyof typeof exitCodes;

/** What to hand to `process.exit`. */
export function exitCode(kind: ExitKind): number {
  return exitCodes[kind].code;
}
