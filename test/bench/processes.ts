/** Measurements run in processes of their own, so that none inherits another's heap or compiled code. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

const entry = join(import.meta.dirname, "child.ts");

/** What the parent sends to begin, and what a child sends back. */
export type FromChild =
  | { readonly kind: "event"; readonly value: unknown }
  | { readonly kind: "result"; readonly value: unknown }
  | { readonly kind: "error"; readonly message: string };

/** A child process that runs one module of `measures/`. */
export interface Child<Result> {
  readonly process: ChildProcess;
  readonly result: Promise<Result>;
}

/** @param onEvent called with whatever the measurement reports on its way */
export function start<Result>(
  measure: string,
  options: object,
  onEvent: (event: never) => void = () => {},
): Child<Result> {
  const profile = process.env["BENCH_PROFILE"];
  const execArgv = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
  const child = fork(entry, [measure, JSON.stringify(options)], { execArgv });
  const result = new Promise<Result>((resolve, reject) => {
    child.on("message", (message: FromChild) => {
      if (message.kind === "event") onEvent(message.value as never);
      else if (message.kind === "result") resolve(message.value as Result);
      else reject(new Error(`${measure}: ${message.message}`));
    });
    child.on("exit", (code) => reject(new Error(`${measure}: ended early with ${code}`)));
  });
  return { process: child, result };
}

/** Runs a measurement to its end. */
export function measure<Result>(name: string, options: object): Promise<Result> {
  return start<Result>(name, options).result;
}
