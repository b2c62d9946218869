/** Plays a race of the table in every interleaving of the two actors' steps, and then truly at once. */
import type { Database } from "../../../src/store/index.ts";
import { atOnce, type Interleaving, interleavings, type Scene } from "./interleave.ts";
import { faultsOfStep } from "./invariants.ts";
import type { Race } from "./race-table.ts";
import { type ActName, acts, processOver, Stage, situations, stateOf, succeedBy } from "./stage.ts";

/** Sets the stage over the `real` database; the actors get theirs from whoever plays them. */
async function setScene(real: Database, { from, acts: names }: Race): Promise<Scene<string>> {
  await real.jobs.deleteMany({});
  const stage = new Stage(real);
  await situations[from](stage);
  // What each act means is settled before either begins.
  const before = await stage.look();
  const leases = [...stage.leases];
  const act = (name: ActName) => (database: Database) => {
    const own = Object.assign(new Stage(real), { jobId: stage.jobId });
    own.leases.push(...leases);
    return acts[name](own, processOver(database)).finally(() => {
      stage.leases.push(...own.leases.slice(leases.length));
    });
  };
  return {
    pair: [act(names[0]), act(names[1])],
    outcome: async (answers) => {
      const after = await stage.look();
      const faults = faultsBetween(before, after, 3);
      const finale = await complete(stage);
      faults.push(...faultsBetween(after, finale, 1));
      const changes = versions(after) - versions(before.length === 0 ? after : before);
      const [now, then] = [describe(after), describe(finale)];
      const end = now === then ? now : `${now}, then ${then}`;
      return [`${answers.join(", ")} → ${end} (${changes})`, ...new Set(faults)].join("; ");
    },
  };
}

type Documents = Awaited<ReturnType<Stage["look"]>>;

const describe = (jobs: Documents) => jobs.map(stateOf).join(" + ");
const versions = (jobs: Documents) => jobs.reduce((sum, { version }) => sum + version, 0);

function faultsBetween(before: Documents, after: Documents, changes: number): string[] {
  const capOf = () => 1;
  return faultsOfStep({ before: { jobs: before }, after: { jobs: after }, capOf, changes });
}

/** Every lease that was handed out tries to complete its job. */
async function complete(stage: Stage): Promise<Documents> {
  const jobs = processOver(stage.database);
  for (const lease of stage.leases) await jobs.exit(lease, succeedBy(lease), null);
  return stage.look();
}

export interface Playing {
  /** Where the stage is set and the outcome is seen. */
  readonly real: Database;
  /** What the actors use. */
  readonly acted: Database;
  /** How often the two also meet without any schedule. */
  readonly atOnce: number;
}

/** Plays a race in every interleaving, and then truly at once. */
export async function play(race: Race, playing: Playing): Promise<Interleaving[]> {
  const scene = () => setScene(playing.real, race);
  return [
    ...(await interleavings(playing.acted, scene)),
    ...(await atOnce(playing.acted, scene, playing.atOnce)),
  ];
}

/** The interleavings that ended as the row does not allow. */
export function forbidden({ outcomes }: Race, played: readonly Interleaving[]): Interleaving[] {
  return played.filter(({ outcome }) => !outcomes.includes(outcome));
}
