/**
 * A script of arrivals that tells a fair ring from an unfair one without chance: two backlogs, an organization
 * whose jobs come singly so that it leaves the ring and comes back, and a newcomer.
 */
import type { JobStore } from "../../../src/generations/job-store.ts";
import type { Database } from "../../../src/store/index.ts";
import { newTestJob } from "../../support/store.ts";
import { Turns } from "./turns.ts";

/** Whose jobs arrive before each claim of one job. */
const backlog = Array.from({ length: 6 }, () => ["org_a", "org_c"]).flat();
const arrivals = [backlog, ["org_b"], [], ["org_b"], [], ["org_d"], ["org_b", "org_d"], [], []];

/** Claims one job as this worker would; each claim may look. */
export type ClaimOne = () => ReturnType<JobStore["claim"]>;

/** Plays the script; who was passed over, in words. */
export async function passedOver(
  { jobs: documents }: Database,
  jobs: JobStore,
  claimOne: ClaimOne,
): Promise<string[]> {
  await documents.deleteMany({});
  const waiting = new Map<string, number>();
  const turns = new Turns();
  const faults: string[] = [];
  for (const arriving of arrivals) {
    for (const organizationId of arriving) {
      await jobs.create(newTestJob({ organizationId }));
      waiting.set(organizationId, (waiting.get(organizationId) ?? 0) + 1);
    }
    const served = (await claimOne()).map(({ job }) => job.organizationId);
    faults.push(...turns.claimed(waiting, true, served));
    if (served.length === 0) faults.push("someone waits and nobody is served");
    for (const org of served) {
      const left = (waiting.get(org) ?? 0) - 1;
      if (left > 0) waiting.set(org, left);
      else waiting.delete(org);
    }
  }
  return faults;
}
