/**
 * How a job's progress is shown: one line that redraws itself on a terminal, a line for each news
 * otherwise. On standard error, so that output can be piped.
 */
import { createLogUpdate } from "log-update";

export interface JobState {
  readonly status: string;
  /** 0 to 100. */
  readonly progress: number;
  readonly message: string | null;
}

const width = 30;

function bar(percent: number): string {
  const full = Math.round((width * percent) / 100);
  return `${"█".repeat(full)}${"░".repeat(width - full)} ${String(percent).padStart(3)} %`;
}

export interface ProgressView {
  show(state: JobState): void;
  /** Leaves the last line standing. */
  end(): void;
}

/** A view fit for `stream`. */
export function createProgressView(stream: NodeJS.WriteStream): ProgressView {
  return stream.isTTY ? terminalView(stream) : plainView(stream);
}

function terminalView(stream: NodeJS.WriteStream): ProgressView {
  const update = createLogUpdate(stream);
  return {
    show: ({ status, progress, message }) => update(`${bar(progress)}  ${message ?? status}`),
    end: () => update.done(),
  };
}

function plainView(stream: NodeJS.WritableStream): ProgressView {
  let last = "";
  return {
    show({ status, progress, message }) {
      const line = `${String(progress).padStart(3)} %  ${message ?? status}`;
      if (line !== last) stream.write(`${line}\n`);
      last = line;
    },
    end() {},
  };
}
