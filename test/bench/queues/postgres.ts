/** A database of its own for each measurement on PostgreSQL. */
import { Client, Pool } from "pg";
import type { QueueOptions } from "./queue.ts";

export interface OwnDatabase {
  readonly url: string;
  readonly pool: Pool;
  /** Leaves the database to go with its server: a drop ends connections that a queue is still closing. */
  close(): Promise<void>;
}

export async function openDatabase({ url, name, isGuest }: QueueOptions): Promise<OwnDatabase> {
  const administer = async (statement: string) => {
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  if (!isGuest) await administer(`create database "${name}"`);
  const own = url.replace("/postgres?", `/${name}?`);
  const pool = new Pool({ connectionString: own, max: 2 });
  pool.on("error", () => {});
  return {
    url: own,
    pool,
    close: () => pool.end(),
  };
}
