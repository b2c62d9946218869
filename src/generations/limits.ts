/** What callers may use: rates, streams and quotas, as ports and names. */

/** What an organization's own record may say, instead of the service's defaults. */
export const organizationLimits = [
  "callsPerMinute",
  "streams",
  "queuedJobs",
  "audioSecondsPerDay",
] as const;
export type OrganizationLimit = (typeof organizationLimits)[number];

export type Limits = Readonly<Record<OrganizationLimit, number>>;

/** The defaults of the service. */
export interface ServiceLimits extends Limits {
  /** Calls of one API key in a minute. */
  readonly keyCallsPerMinute: number;
  /** Streams of one API key that are open at once, in each process. */
  readonly keyStreams: number;
}

/** The length of every rate's window, in seconds. */
export const rateWindowSeconds = 60;

/** A counter that all processes share, over windows of time that begin with their first count. */
export interface SharedCounter {
  /** Adds `calls`; answers the sum of this window, and how long it goes on, in milliseconds. */
  add(name: string, calls: number): Promise<{ readonly total: number; readonly endsInMs: number }>;
}
