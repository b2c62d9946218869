/**
 * How the embedded database tells what it does: one callback, so that the command line can print lines
 * for a person and the service can log them. It decides nothing about where they go.
 */
export interface ReportLine {
  readonly level: "info" | "warn";
  readonly message: string;
}

export type Report = (line: ReportLine) => void;

/** Says nothing; for callers that have nobody to tell. */
export const silent: Report = () => undefined;
