/** What clients, sweepers, administrators and time may do in the model-based test. */
import { newTestJob } from "../../support/store.ts";
import {
  agree,
  type Command,
  choose,
  command,
  nameOf,
  overtaken,
  runIfPossible,
} from "./command.ts";
import { type ModelJob, type Sweep, type Time, timed } from "./model.ts";
import { user } from "./world.ts";

const scopeOf = ({ org }: ModelJob) => ({ organizationId: org, userId: user });

export function create(org: string, engine: string, key: string | null, hash: string): Command {
  return command(`create for ${org} on ${engine}${key ? ` with ${key}=${hash}` : ""}`, {
    async perform(model, { clients }) {
      const idempotency = key === null ? null : { key, hash };
      const organizationId = org;
      const job = newTestJob({ organizationId, userId: user, engine, idempotency });
      const before = key === null ? undefined : model.byKey(org, key);
      const made = await clients.jobs.create(job).catch((error: { kind?: string }) => error.kind);
      if (typeof made !== "object") {
        agree("refused", before !== undefined && before.hash !== hash, true);
        return String(made);
      }
      agree("the key's hash", before?.hash ?? hash, hash);
      agree("the job", made.id, before?.id ?? job.id);
      const rank = `${made.createdAt.toISOString()} ${made.id}`;
      if (!before) model.create({ id: made.id, org, engine, key, hash, rank });
      return nameOf(model, made);
    },
  });
}

export function cancel(choice: number): Command {
  return command("cancel", {
    possible: (model) => model.jobs.length > 0,
    async perform(model, { clients }) {
      // Mostly one that has not ended.
      const job = choose([...model.in("waiting", "backoff", "running"), ...model.jobs], choice);
      const after = await clients.jobs.requestCancel(scopeOf(job), job.id);
      model.cancel(job);
      agree("told", after?.status, job.status);
      return `${nameOf(model, job)} ${job.status}`;
    },
  });
}

/** Time passes for one job: the field moves into the past, since the database's clock cannot be moved. */
export function pass(choice: number, time: Time): Command {
  return command(`${time} passes`, {
    possible: (model) => model.in(...timed[time]).length > 0,
    async perform(model, { database }) {
      const job = choose(model.in(...timed[time]), choice);
      await database.jobs.updateOne({ _id: job.id }, { $set: { [time]: new Date(0) } });
      job.passed.add(time);
      return nameOf(model, job);
    },
  });
}

/** A sweep; with `meanwhile` something else happens between its look and its writes. */
export function sweep(kind: Sweep, meanwhile: Command | null = null): Command {
  return command(overtaken(kind, meanwhile), {
    async perform(model, world) {
      const found = model.found(kind);
      const swept = await world.interrupted(
        () => world.clients.jobs[kind](),
        () => runIfPossible(meanwhile, model, world),
      );
      agree("how many", swept, model.sweep(kind, found));
      return String(swept);
    },
  });
}

export function setCap(org: string, cap: number): Command {
  return command(`the cap of ${org} becomes ${cap}`, {
    async perform(model, { clients }) {
      await clients.organizations.setCap(org, cap);
      model.caps.set(org, cap);
      return "";
    },
  });
}
