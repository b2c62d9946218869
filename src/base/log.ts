/**
 * The log: one JSON line an event on standard error, by pino. Secrets never reach it: credentials are
 * redacted by name here, and prompts are not logged at `info`.
 */
import { destination, type LevelWithSilent, type Logger, pino } from "pino";

export type Log = Logger;
export type LogLevel = LevelWithSilent;

const redacted = [
  "req.headers.authorization",
  'req.headers["x-api-key"]',
  "*.secret",
  "*.apiKey",
  "*.signingSecret",
];

/** A log that writes to standard error, synchronously, so that the last words of a process are kept. */
export function createLog(level: LogLevel): Log {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: redacted },
    destination({ fd: 2, sync: true }),
  );
}
