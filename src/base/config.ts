/**
 * The settings, read from the environment once, at start. This table is the one place that knows their
 * names, defaults and limits; every fault in it is reported at once.
 */
import { resolve } from "node:path";
import { z } from "zod";

const port = z.coerce.number().int().min(0).max(65_535);

const days = z.coerce.number().min(1).max(36_500);

/** As a browser sends it: scheme, host and a port that is not the scheme's own. */
function isOrigin(text: string): boolean {
  if (text === "*") return true;
  return /^https?:[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

const most = z.coerce.number().int().min(1).max(1_000_000_000);

export const settings = z.object({
  MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\//, "must begin with mongodb:// or mongodb+srv://")
    .optional()
    .describe(
      "A MongoDB replica set, version 6.0 or newer. Unset: an embedded one under DATA_DIR.",
    ),
  DATABASE_WAIT_SECONDS: z.coerce
    .number()
    .min(0)
    .max(86_400)
    .default(60)
    .describe("How long a start waits for the server of MONGODB_URI; then it fails."),
  DATA_DIR: z
    .string()
    .min(1)
    .default("./data")
    .transform((path) => resolve(path))
    .describe("Where the embedded database, tracks and work in progress are kept."),
  HOST: z.string().min(1).default("127.0.0.1").describe("The address to listen on."),
  PORT: port.default(8080).describe("The port of every protocol; 0 for any free one."),
  GRPC_PORT: port
    .default(50_051)
    .describe("The port of gRPC alone, with health and reflection; 0 for any free one."),
  OPERATIONS_PORT: port
    .optional()
    .describe("The operators' port, with health and metrics, in every role. Unset: none."),
  TLS_CERT_FILE: z
    .string()
    .optional()
    .describe("The certificate chain of both ports, PEM. Unset: clear text."),
  TLS_KEY_FILE: z.string().optional().describe("Its private key, PEM."),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ""))
    .optional()
    .describe(
      "What links begin with, for example https://music.example. Unset: the address listened on.",
    ),
  CORS_ORIGINS: z
    .string()
    .default("")
    .transform((text) => text.split(",").flatMap((each) => each.trim() || []))
    .refine((origins) => origins.every(isOrigin), {
      message: "must be * or origins such as https://app.example, with commas between",
    })
    .describe(
      "The origins whose pages may call the service, with commas between; * for all. Unset: none.",
    ),
  SIGNING_SECRET: z
    .string()
    .transform((text) => text.split(",").map((secret) => secret.trim()))
    .refine((secrets) => secrets.every((secret) => secret.length >= 32), {
      message: "must have at least 32 characters",
    })
    .optional()
    .describe(
      "Signs media links; several are separated by commas: the first signs, all are accepted. Unset: made once and kept under DATA_DIR.",
    ),
  WORKER_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(256)
    .default(2)
    .describe("Jobs that this process runs at the same time."),
  ORGANIZATION_CAP: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(4)
    .describe("Jobs of one organization that may run at once, where its record does not say."),
  KEY_CALLS_PER_MINUTE: most
    .default(30_000)
    .describe("Calls of one API key in a minute, over all processes; more are answered 429."),
  ORGANIZATION_CALLS_PER_MINUTE: most
    .default(60_000)
    .describe("Calls for one organization in a minute, where its record does not say."),
  KEY_STREAMS: most
    .default(1_000)
    .describe("Streams of one API key that are open at once, in each process."),
  ORGANIZATION_STREAMS: most
    .default(2_000)
    .describe(
      "Streams for one organization at once, in each process, where its record does not say.",
    ),
  ORGANIZATION_QUEUED_JOBS: most
    .default(10_000)
    .describe("Jobs of one organization that may wait, where its record does not say."),
  ORGANIZATION_AUDIO_SECONDS_PER_DAY: most
    .default(360_000)
    .describe(
      "Seconds of audio that may be asked for one organization in a day (UTC), where its record does not say.",
    ),
  ATTEMPT_SECONDS: z.coerce
    .number()
    .min(10)
    .max(86_400)
    .default(1_800)
    .describe("How long one attempt at a job may take; a hung engine loses it then."),
  JOB_SECONDS: z.coerce
    .number()
    .min(60)
    .max(30 * 86_400)
    .default(86_400)
    .describe("How long a job may take from its creation, waiting included; then it fails."),
  RETAIN_SUCCEEDED_DAYS: days
    .optional()
    .describe("How long a succeeded job and its track are kept after the end. Unset: for ever."),
  RETAIN_FAILED_DAYS: days.default(30).describe("The same for failed jobs."),
  RETAIN_CANCELLED_DAYS: days.default(30).describe("The same for cancelled jobs."),
  RETAIN_REFUSED_DAYS: days.default(30).describe("The same for refused jobs."),
  MODERATION_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("A moderation service that is asked about each request, too; see `src/policy`."),
  PROTECTED_LYRICS_FILE: z
    .string()
    .optional()
    .describe("Fingerprints of lyrics that are refused; see `src/policy/lyrics.ts`."),
  DRAIN_SECONDS: z.coerce
    .number()
    .min(1)
    .max(600)
    .default(10)
    .describe("How long a stop waits for running calls and jobs."),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("A collector of OpenTelemetry traces, by HTTP. Unset: no traces."),
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "silent"])
    .default("info")
    .describe("The least severe line that is logged."),
});

export type Config = z.output<typeof settings>;

/** What a process does: serve calls, run jobs, or both. */
export const roles = ["all", "api", "worker"] as const;
export type Role = (typeof roles)[number];

/** What is wrong with the environment, all of it. */
export class ConfigError extends Error {
  constructor(faults: readonly string[]) {
    super(`The settings are not valid:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
    this.name = "ConfigError";
  }
}

/**
 * The settings from an environment; an empty value counts as unset.
 * @throws ConfigError
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.entries(environment).filter(
    ([, value]) => value !== undefined && value !== "",
  );
  const parsed = settings.safeParse(Object.fromEntries(given));
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
    );
  }
  if (parsed.data.MONGODB_URI && !parsed.data.SIGNING_SECRET) {
    throw new ConfigError(["SIGNING_SECRET: is required with MONGODB_URI"]);
  }
  if ((parsed.data.TLS_CERT_FILE === undefined) !== (parsed.data.TLS_KEY_FILE === undefined)) {
    throw new ConfigError(["TLS_CERT_FILE and TLS_KEY_FILE: need each other"]);
  }
  return parsed.data;
}
