/**
 * How a job's progress is shown: one line that redraws itself on a terminal, a line now and then
 * otherwise. On standard error, so that output can be piped.
 */
import { createLogUpdate } from "log-update";

export interface JobState {
  readonly status: string;
  /** 0 to 100. */
  readonly progress: number;
  readonly message: string | null;
  /** How long it may still take, in words. */
  readonly left?: string | null;
}

export interface ProgressView {
  show(state: JobState): void;
  /** Leaves the last line standing. */
  end(): void;
}

/** A view fit for `stream`. */
export function createProgressView(stream: NodeJS.WriteStream): ProgressView {
  // A terminal that says that it has no columns has no room for a line that redraws itself.
  return stream.isTTY && stream.columns > 0 ? terminalView(stream) : plainView(stream);
}

/** A view of nothing. */
export const noProgress: ProgressView = { show: () => {}, end: () => {} };

const width = 30;

function bar(percent: number): string {
  const full = Math.round((width * percent) / 100);
  return `${"█".repeat(full)}${"░".repeat(width - full)} ${String(percent).padStart(3)} %`;
}

function wordsOf({ status, message, left }: JobState): string {
  return [message ?? status, ...(left ? [left] : [])].join(", ");
}

function terminalView(stream: NodeJS.WriteStream): ProgressView {
  const update = createLogUpdate(stream);
  return {
    show: (state) => update(`${bar(state.progress)}  ${wordsOf(state)}`),
    end: () => update.done(),
  };
}

/** Tenths, not each percent: a log of a long job stays short. */
function plainView(stream: NodeJS.WritableStream): ProgressView {
  let last = "";
  return {
    show(state) {
      const stage = `${state.status} ${Math.floor(state.progress / 10)}`;
      if (stage !== last) {
        stream.write(`${String(state.progress).padStart(3)} %  ${wordsOf(state)}\n`);
      }
      last = stage;
    },
    end() {},
  };
}
