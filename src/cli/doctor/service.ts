/** Checks of a running service: whether it answers, is ready, and takes the key. */
import { type ClientOptions, connect, explain } from "../client.ts";
import { type Check, type Finding, fault, ok, reasonOf, warning } from "./finding.ts";

/** The longest that an answer is waited for, in milliseconds. */
const answerMs = 5_000;

interface Report {
  readonly status: string;
  readonly checks: Readonly<Record<string, string>>;
}

/** Whether a service of this kind answers at `url`. */
export async function isAlive(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(answerMs) });
    return ((await response.json()) as { status?: unknown }).status === "alive";
  } catch {
    return false;
  }
}

async function lookAtService(url: string): Promise<Finding> {
  if (!(await isAlive(url))) {
    return warning(`none answers at ${url}`, "Start it with `npm start`, or name it with --url.");
  }
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(answerMs) });
    const { status, checks } = (await response.json()) as Report;
    if (status === "ready") return ok(`ready, at ${url}`);
    const failing = Object.keys(checks).filter((name) => checks[name] !== "ok");
    return fault(`not ready: ${failing.join(", ") || "stopping"}`, "Its log says why.");
  } catch (error) {
    return fault(reasonOf(error), "Its log may say why.");
  }
}

async function lookAtKey(options: ClientOptions): Promise<Finding> {
  const { organization, apiKey } = options;
  const make = `Make one with \`keys create --organization ${organization} --user YOU\` and set MUSIC_API_KEY.`;
  if (!apiKey) return warning("MUSIC_API_KEY is not set", make);
  if (!(await isAlive(options.url))) {
    return warning("not tried, since no service answers", "Start the service and ask again.");
  }
  try {
    await connect(options).listEngines({ organizationId: organization }, { timeoutMs: answerMs });
    return ok(`it may act for ${organization}`);
  } catch (error) {
    return fault(explain(error), `${make} Or name another organization with --organization.`);
  }
}

export function serviceChecks(options: ClientOptions): readonly Check[] {
  return [
    { name: "service", find: () => lookAtService(options.url) },
    { name: "API key", find: () => lookAtKey(options) },
  ];
}
