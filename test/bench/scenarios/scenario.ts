/** What a scenario gets, and what it gives. */
import type { Contender, ServerName } from "../queues/index.ts";
import type { Table } from "../report.ts";
import type { Server } from "../servers/server.ts";

export interface Context {
  readonly servers: ReadonlyMap<ServerName, Server>;
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  /** Small numbers, to see that everything works. */
  readonly isQuick: boolean;
  /** A name for a database that no other measurement has. */
  freshName(): string;
  /** Tells people what is under way. */
  say(line: string): void;
}

export type Scenario = (context: Context) => Promise<Table[]>;

/** How to reach the server of this queue, and a name for its database. */
export function optionsFor({ module, server }: Contender, context: Context) {
  const { url } = context.servers.get(server)!;
  return { queue: module, url, name: context.freshName() };
}

/** Runs `measure` for each contender in turn, and so in every round; the results of each. */
export async function interleaved<Result>(
  context: Context,
  contenders: readonly Contender[],
  measure: (contender: Contender) => Promise<Result>,
): Promise<Map<Contender, Result[]>> {
  const results = new Map<Contender, Result[]>(contenders.map((each) => [each, []]));
  for (let round = 0; round < context.rounds; round++) {
    for (const contender of contenders) results.get(contender)?.push(await measure(contender));
  }
  return results;
}

/** Ours is the first of them. */
export function ours(context: Context): Contender {
  return context.contenders[0]!;
}
