/**
 * What the commands of the model-based test have in common. Each acts on the real store and on the model,
 * holds the answer against the model's, and ends in the check of everything. A number chooses among what
 * there is at that moment, so that a trace stays valid while it shrinks.
 */
import type { AsyncCommand } from "fast-check";
import type { Model } from "./model.ts";
import { demand, verify, type World } from "./world.ts";

export type Command = AsyncCommand<Model, World>;

interface Parts {
  /** Whether there is anything to do it to. */
  readonly possible?: (model: Model) => boolean;
  /** Does it to both and says how it went, for the trace. */
  readonly perform: (model: Model, world: World) => Promise<string>;
}

export function command(name: string, { possible = () => true, perform }: Parts): Command {
  return {
    check: possible,
    async run(model, world) {
      try {
        world.trace.push(`${name} → ${await perform(model, world)}`);
        await verify(model, world);
      } catch (error) {
        const did = [...world.trace, name].map((line, n) => `${n + 1}. ${line}`).join("\n");
        throw new Error(`${(error as Error).message}\nafter\n${did}`, { cause: error });
      }
    },
    toString: () => name,
  };
}

export function choose<T>(from: readonly T[], choice: number): T {
  return from[choice % from.length] as T;
}

export function agree(what: string, is: unknown, should: unknown): void {
  if (is !== should) demand([`${what}: should be ${String(should)} and is ${String(is)}`]);
}

/** A readable name: the jobs by their number. */
export const nameOf = (model: Model, job: { id: string } | undefined) =>
  `job ${model.jobs.findIndex(({ id }) => id === job?.id) + 1}`;

/** The name of a command between whose look and write `meanwhile` happens. */
export function overtaken(name: string, meanwhile: Command | null): string {
  return meanwhile === null ? name : `${name}, and before it writes: ${meanwhile.toString()}`;
}

export async function runIfPossible(
  meanwhile: Command | null,
  model: Model,
  world: World,
): Promise<void> {
  if (meanwhile?.check(model)) await meanwhile.run(model, world);
}
