/** The exit codes of every command: this table is the one place that knows them; the README shows it. */
export const exitCodes = {
  ok: { code: 0, when: "It did what it was asked for; a service has stopped cleanly." },
  failed: {
    code: 1,
    when: "Something failed: a start, a call, the database, or an uncaught error; the log says what.",
  },
  usage: { code: 2, when: "A mistake in the command or the settings; nothing was begun." },
  interrupted: { code: 130, when: "A second signal ended a service that was stopping." },
} as const;

export type ExitKind = keyof typeof exitCodes;

/** What to hand to `process.exit`. */
export function exitCode(kind: ExitKind): number {
  return exitCodes[kind].code;
}
