/**
 * How fast the port for gRPC is, beside a bare grpc-js handler and Connect's handler: `node test/bench/rpc/grpc.ts`.
 * Each serves in a process of its own; rounds take turns, so that whatever else the machine does falls on all
 * alike. What counts is the server's CPU time for a call: on a shared machine it says more than a rate.
 *
 * `--profile` writes a CPU profile of each server into the working directory.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import http2 from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import {
  GetGenerationRequestSchema,
  MusicGenerations,
} from "../../../gen/music/v1/music_generations_pb.ts";
import { job, type Subject, startSubject, subjects } from "./subjects.ts";

const rounds = 9;
const callsOfRound = 4_000;
const atOnce = 64;

interface Running {
  readonly subject: Subject;
  readonly process: ChildProcess;
  readonly session: http2.ClientHttp2Session;
  readonly cpu: number[];
  readonly rates: number[];
}

/** Serves, and tells its CPU time in microseconds whenever it is asked. */
async function serve(subject: Subject): Promise<void> {
  const port = await startSubject(subject);
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send?.(user + system);
  });
  process.on("disconnect", () => process.exit());
  process.send?.(port);
}

async function start(subject: Subject): Promise<Running> {
  const execArgv = process.argv.includes("--profile")
    ? ["--cpu-prof", `--cpu-prof-name=${subject}.cpuprofile`]
    : [];
  const child = fork(import.meta.filename, [subject], { execArgv });
  const [port] = await once(child, "message");
  const session = http2.connect(`http://127.0.0.1:${port}`);
  await once(session, "remoteSettings");
  return { subject, process: child, session, cpu: [], rates: [] };
}

async function cpuOf({ process: child }: Running): Promise<number> {
  child.send("cpu?");
  const [microseconds] = await once(child, "message");
  return microseconds as number;
}

const method = MusicGenerations.method.getGeneration;
const message = toBinary(
  method.input,
  create(GetGenerationRequestSchema, { organizationId: job.organizationId, jobId: job.id }),
);
const envelope = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
const headers = {
  ":method": "POST",
  ":path": `/${MusicGenerations.typeName}/${method.name}`,
  "content-type": "application/grpc",
  te: "trailers",
  "x-api-key": `oak_${"x".repeat(43)}`,
};

function call(session: http2.ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers);
    let bytes = 0;
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    stream.on("trailers", (trailers) => {
      const status = trailers["grpc-status"];
      if (String(status) !== "0" || bytes < 100)
        reject(new Error(`status ${status}, ${bytes} bytes`));
    });
    stream.on("error", reject);
    stream.on("close", resolve);
    stream.end(envelope);
  });
}

async function round(running: Running, calls: number): Promise<void> {
  const [before, began] = [await cpuOf(running), performance.now()];
  let left = calls;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await call(running.session);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  running.rates.push(calls / ((performance.now() - began) / 1_000));
  running.cpu.push(((await cpuOf(running)) - before) / calls);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function measure(): Promise<void> {
  const running: Running[] = [];
  for (const subject of subjects) running.push(await start(subject));
  for (const each of running) await round(each, callsOfRound);
  for (const each of running) each.cpu.splice(0) && each.rates.splice(0);
  for (let turn = 0; turn < rounds; turn += 1) {
    for (const each of running) await round(each, callsOfRound);
  }
  const bare = running.find(({ subject }) => subject === "bare")!;
  for (const { subject, cpu, rates } of running) {
    const ratios = cpu.map((each, turn) => bare.cpu[turn]! / each);
    process.stdout.write(
      `${subject.padEnd(12)} ${median(cpu).toFixed(0).padStart(5)} µs of CPU a call, ` +
        `${median(rates).toFixed(0).padStart(6)} calls/s, ${median(ratios).toFixed(2)} of bare\n`,
    );
  }
  for (const { process: child, session } of running) {
    session.close();
    child.disconnect();
  }
}

const [subject] = process.argv.slice(2);
if (subject !== undefined && subject !== "--profile") await serve(subject as Subject);
else await measure();
