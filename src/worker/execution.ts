/**
 * One attempt at one job, as named steps over one record (the idea is Oban's `executor`):
 * admit → prepare → render → publish → settle. Each step is one function; what ends an attempt is decided in
 * `settle` alone.
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Probe } from "../base/probe.ts";
import type { Random } from "../base/random.ts";
import { traceIdOf } from "../base/trace-context.ts";
import { AbortReason, abortReasonOf } from "../generations/abort.ts";
import type { ArtifactStore } from "../generations/artifacts.ts";
import type { Engine, EngineOutcome, EngineProgress, EngineTask } from "../generations/engine.ts";
import { newId } from "../generations/identifiers.ts";
import type { Interpretation } from "../generations/interpretation.ts";
import {
  artifactsOf,
  type Claim,
  type Job,
  type Track,
  type TrackExtra,
} from "../generations/job.ts";
import type { CancelReceipt, Exit, JobStore } from "../generations/job-store.ts";
import type { Policy, PolicyDecision } from "../generations/policy.ts";
import type { Telemetry } from "../generations/telemetry.ts";
import { AttemptTrace } from "./attempt-trace.ts";
import { exitOfError, exitOfStop, type Pace, PolicyError } from "./exits.ts";
import type { HeldLease } from "./leases.ts";
import { Publication, stored } from "./publication.ts";
import { readContinuation } from "./seed-track.ts";
import { Segments } from "./segments.ts";
import type { Workspaces } from "./workspaces.ts";

/** The steps that tests can wait for, or hold an attempt at. */
export interface ExecutionSteps {
  prepared: { jobId: string };
  rendered: { jobId: string; outcome: EngineOutcome["kind"] | "error" };
  published: { jobId: string; artifact: string };
  settled: { jobId: string; job: Job | null };
}

export interface ExecutionPorts {
  readonly store: Pick<JobStore, "exit" | "get" | "findByTrack">;
  readonly artifacts: ArtifactStore;
  readonly policy: Policy;
  readonly workspaces: Workspaces;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly probe: Probe<ExecutionSteps>;
  readonly telemetry: Pick<Telemetry, "attemptEnded" | "leaseLost" | "tracer">;
}

const settleRetryMs = 200;

/** Runs the attempt to its end. Never throws: whatever happens ends in a settle or a lost lease. */
export async function execute(
  ports: ExecutionPorts,
  engine: Engine,
  claim: Claim,
  held: HeldLease,
): Promise<void> {
  const traceId = traceIdOf(claim.job.traceparent);
  const facts = { jobId: claim.job.id, epoch: claim.lease.epoch, ...(traceId && { traceId }) };
  const log = ports.log.child(facts);
  const attempt = new Execution({ ...ports, log }, engine, claim, held);
  try {
    await attempt.run();
  } catch (error) {
    // The lease runs out by itself and the sweeper decides.
    log.error({ err: error }, "attempt ended without a settle");
  }
}

class Execution {
  readonly #ports: ExecutionPorts;
  readonly #engine: Engine;
  readonly #job: Job;
  readonly #held: HeldLease;
  readonly #publication: Publication;
  readonly #trace: AttemptTrace;
  readonly #segments: Segments;
  /** As the engine has told it. */
  #interpretation: Interpretation | undefined;
  #progress: EngineProgress = { percent: 0, phase: "render", message: "Playing" };
  /** Its path, once the engine has asked for it. */
  #workspace: Promise<string> | null = null;

  constructor(ports: ExecutionPorts, engine: Engine, claim: Claim, held: HeldLease) {
    this.#ports = ports;
    this.#engine = engine;
    this.#job = claim.job;
    this.#held = held;
    this.#publication = new Publication(ports.artifacts, claim.lease);
    this.#trace = new AttemptTrace(ports.telemetry.tracer, claim.job, ports.clock);
    this.#segments = new Segments({
      publication: this.#publication,
      known: claim.job.segments,
      signal: held.signal,
      onStored: (segments) => held.report({ ...this.#progress, segments }),
    });
  }

  /** What the time of a retry depends on. */
  get #pace(): Pace {
    return { attempts: this.#job.attempts, random: this.#ports.random };
  }

  async run(): Promise<void> {
    const { id } = this.#job;
    let exit: Exit | null;
    let stoppedAt = "before the start";
    const trace = this.#trace;
    try {
      exit = await trace.step("admit", () => this.#admit());
      if (exit === null) {
        const task = await trace.step("prepare", () => this.#prepare());
        const outcome = await trace.step("render", () => this.#render(task));
        await this.#ports.probe.mark("rendered", { jobId: id, outcome: outcome.kind });
        stoppedAt = outcome.kind === "stopped" ? outcome.at : "the end of the render";
        exit =
          outcome.kind === "stopped"
            ? exitOfStop(this.#held.signal, outcome.checkpoint, this.#pace)
            : await trace.step("publish", () => this.#publish(outcome));
      }
    } catch (error) {
      await this.#ports.probe.mark("rendered", { jobId: id, outcome: "error" });
      // An engine may also stop by rejecting with the reason it was given (`signal.throwIfAborted`).
      if (error instanceof AbortReason) {
        stoppedAt = "where the engine was";
        exit = exitOfStop(this.#held.signal, null, this.#pace);
      } else {
        const { log } = this.#ports;
        log.warn({ err: error, attempts: this.#job.attempts }, "attempt failed");
        exit = exitOfError(error, this.#pace);
      }
    }
    const ending = exit;
    const job = ending && (await trace.step("settle", () => this.#settle(ending, stoppedAt)));
    trace.end(job);
    const { telemetry } = this.#ports;
    if (job !== null) telemetry.attemptEnded(job);
    else telemetry.leaseLost(this.#job.engine);
    await this.#cleanUp(job);
    await this.#ports.probe.mark("settled", { jobId: id, job });
  }

  /** The refusal of a request that may not be served; null for one that may. */
  async #admit(): Promise<Exit | null> {
    const { policy, log } = this.#ports;
    const { signal } = this.#held;
    // What is stopped already is not asked about.
    if (signal.aborted) return null;
    let decision: PolicyDecision;
    try {
      decision = await policy.decide(this.#job.request, signal);
    } catch (cause) {
      if (signal.aborted) return null;
      throw new PolicyError("the policy could not be asked", { cause });
    }
    if (decision.allowed) return null;
    log.info({ rule: decision.rule }, "request refused by policy");
    return { kind: "refuse", reason: decision.reason };
  }

  async #prepare(): Promise<EngineTask> {
    const { id, epoch, checkpoint, request, seed } = this.#job;
    const { workspaces, probe } = this.#ports;
    await probe.mark("prepared", { jobId: id });
    const continues = await readContinuation(this.#ports, this.#job);
    return {
      jobId: id,
      request,
      seed,
      continues,
      workspace: () => {
        this.#workspace ??= stored(workspaces.create(id, epoch));
        return this.#workspace;
      },
      resume: checkpoint && { workspace: workspaces.pathOf(id, checkpoint.epoch), checkpoint },
      signal: this.#held.signal,
      onProgress: (progress) => {
        this.#progress = progress;
        this.#interpretation = progress.interpretation ?? this.#interpretation;
        this.#held.report(progress);
      },
      onSegment: (segment) => this.#segments.add(segment),
    };
  }

  async #render(task: EngineTask): Promise<EngineOutcome> {
    // The job keeps the checkpoint that it has, which is in the workspace of an earlier attempt.
    if (task.signal.aborted) return { kind: "stopped", at: "before the start", checkpoint: null };
    return this.#engine.run(task);
  }

  /** Stores the files of the track, all of which count only once the job names them. */
  async #publish(outcome: EngineOutcome & { kind: "finished" }): Promise<Exit | null> {
    await this.#segments.stored();
    const artifact = await this.#publication.put(outcome.master, "master");
    const extras: TrackExtra[] = [];
    for (const extra of outcome.extras) {
      // What is asked to stop for good need not store the rest; a shutdown lets a finished piece count.
      const { signal } = this.#held;
      if (signal.aborted && abortReasonOf(signal).kind !== "ShuttingDown") {
        return exitOfStop(signal, null, this.#pace);
      }
      const { kind, stem } = extra;
      const name = stem === null ? kind : `${kind}-${stem}`;
      extras.push({ kind, stem, artifact: await this.#publication.put(extra, name) });
    }
    await this.#ports.probe.mark("published", { jobId: this.#job.id, artifact });
    const track = this.#trackOf(outcome, artifact, extras);
    const interpretation = this.#interpretation;
    const { own } = this.#segments;
    return {
      kind: "succeed",
      track,
      ...(interpretation && { interpretation }),
      ...(own.length > 0 && { segments: own }),
    };
  }

  #trackOf(
    outcome: EngineOutcome & { kind: "finished" },
    artifact: string,
    extras: readonly TrackExtra[],
  ): Omit<Track, "createdAt"> {
    return {
      id: newId(this.#ports.random, "mtrack"),
      title: outcome.title,
      engine: this.#job.engine,
      mode: this.#job.request.mode,
      instrumental: outcome.instrumental,
      measuredDurationSeconds: outcome.measuredDurationSeconds,
      mimeType: outcome.master.mimeType,
      licenceClass: this.#engine.description.licenceClass,
      artifact,
      extras,
      stemGainDb: outcome.stemGainDb,
    };
  }

  /** Writes the exit, again and again while the lease is trusted: the result is paid for. */
  async #settle(exit: Exit, stoppedAt: string): Promise<Job | null> {
    const { store, clock, log } = this.#ports;
    for (;;) {
      try {
        return await store.exit(this.#held.lease, exit, this.#receipt(stoppedAt));
      } catch (error) {
        log.warn({ err: error }, "settle failed; trying again");
      }
      if (clock.monotonicMs() >= this.#held.trustedUntil) return null;
      await clock.sleep(settleRetryMs);
    }
  }

  #receipt(checkpoint: string): CancelReceipt | null {
    const observedMsAgo = this.#held.cancelObservedMsAgo;
    return observedMsAgo === null ? null : { observedMsAgo, checkpoint };
  }

  /** Removes what nothing names: the artifacts of an attempt that did not count, and the workspace. */
  async #cleanUp(settled: Job | null): Promise<void> {
    const { workspaces, store, log } = this.#ports;
    const { id, epoch } = this.#job;
    try {
      // Without an answer the settle may have taken place: ask before removing anything.
      const job = settled ?? (await store.get(this.#job, id));
      // Still this attempt's: a settle without an answer may take place after this look.
      const undecided = job?.phase === "running" && job.epoch === epoch;
      // Nothing may be put after it is removed; a failure has been told by the exit.
      await this.#segments.stored().catch(() => undefined);
      const named = job === null ? [] : artifactsOf(job);
      if (!undecided) await this.#publication.removeAllBut(named);
      const mayHaveWorkspace = this.#workspace !== null || epoch > 1;
      if (!mayHaveWorkspace) return;
      if (job === null || job.phase === "ended") await workspaces.remove(id);
      else if (job.checkpoint?.epoch === epoch) await workspaces.removeEarlier(id, epoch);
    } catch (error) {
      log.warn({ err: error }, "clean-up left something behind for the sweeper");
    }
  }
}
