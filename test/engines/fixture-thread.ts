/** A thread for the pool's tests: does what its task says. */
import { parentPort, threadId } from "node:worker_threads";

interface Message {
  readonly task: "echo" | "throw" | "die" | "until stopped" | "hang";
  readonly flag: SharedArrayBuffer;
}

parentPort?.on("message", ({ task, flag }: Message) => {
  if (task === "die") process.exit(3);
  if (task === "throw") {
    parentPort?.postMessage({ kind: "failed", error: "as told" });
    return;
  }
  if (task === "hang") {
    parentPort?.postMessage({ kind: "news", news: "begun" });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }
  if (task === "until stopped") {
    parentPort?.postMessage({ kind: "news", news: "begun" });
    Atomics.wait(new Int32Array(flag), 0, 0);
  }
  parentPort?.postMessage({ kind: "done", result: threadId });
});

parentPort?.postMessage({ kind: "ready" });
