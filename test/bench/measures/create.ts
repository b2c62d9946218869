/** Times durable creates, one job a call, by so many callers at once. */
import { nowMs } from "../clock.ts";
import { type OpenOptions, openQueue } from "../queues/index.ts";

export interface CreateOptions extends OpenOptions {
  readonly callers: number;
  readonly jobs: number;
}

export interface Created {
  /** Jobs a second. */
  readonly rate: number;
  /** Milliseconds of each call. */
  readonly calls: readonly number[];
}

export async function run({ callers, jobs, ...options }: CreateOptions): Promise<Created> {
  const queue = await openQueue(options);
  const calls: number[] = [];
  const timed = async (count: number) => {
    const call = async (): Promise<void> => {
      while (count-- > 0) {
        const startedAt = nowMs();
        await queue.create();
        calls.push(nowMs() - startedAt);
      }
    };
    await Promise.all(Array.from({ length: callers }, call));
  };
  try {
    await timed(Math.ceil(jobs / 5));
    calls.length = 0;
    const startedAt = nowMs();
    await timed(jobs);
    return { rate: (jobs * 1_000) / (nowMs() - startedAt), calls };
  } finally {
    await queue.close();
  }
}
