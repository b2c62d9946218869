/** What each thread of the studio engine runs: the sound bank loaded once, then piece after piece. */
import { parentPort } from "node:worker_threads";
import { stoppedBy } from "../studio/control.ts";
import { sampleRate } from "../studio/dsp/state.ts";
import { assist, produce } from "../studio/production/produce.ts";
import { loadSoundBank } from "../studio/render/sound-bank.ts";
import type { StudioNews, StudioResult, StudioTask } from "./studio-protocol.ts";
import type { TaskMessage, ThreadMessage } from "./thread.ts";

const bank = await loadSoundBank();

function post(message: ThreadMessage<StudioNews, StudioResult>): void {
  parentPort?.postMessage(message);
}

async function perform({ task, flag }: TaskMessage<StudioTask>): Promise<StudioResult> {
  const control = stoppedBy(new Int32Array(flag));
  if (task.kind === "help") {
    return { kind: "helped", isOver: assist({ bank, ...task, control }) };
  }
  const result = await produce({
    bank,
    ...task,
    control,
    onProgress: (news) => post({ kind: "news", news }),
    onSegment: (segment) => post({ kind: "news", news: { segment } }),
  });
  if (result.kind === "stopped") return result;
  const { score, frames, delivery, handover } = result;
  return {
    kind: "finished",
    delivery,
    handover,
    title: score.title,
    durationSeconds: frames / sampleRate,
  };
}

parentPort?.on("message", (message: TaskMessage<StudioTask>) => {
  perform(message).then(
    (result) => post({ kind: "done", result }),
    (error: unknown) => {
      post({ kind: "failed", error: error instanceof Error ? String(error.stack) : String(error) });
    },
  );
});

post({ kind: "ready" });
