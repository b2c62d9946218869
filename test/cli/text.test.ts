/** What commands say of times, the queue and progress, and what exit codes mean. */
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import {
  GenerationStatus,
  QueueFactsSchema,
  WaitReason,
} from "../../gen/music/v1/generation_pb.ts";
import { exitCodes } from "../../src/base/exit-codes.ts";
import { exitOf, exitOfJob } from "../../src/cli/exits.ts";
import { createProgressView } from "../../src/cli/progress.ts";
import { durationText, leftText, queueText } from "../../src/cli/time-text.ts";

describe("times", () => {
  it.each([
    [0.4, "0 s"],
    [59.4, "59 s"],
    [59.6, "1 min 0 s"],
    [125, "2 min 5 s"],
    [7_260, "2 h 1 min"],
  ])("%d s is %s", (seconds, text) => expect(durationText(seconds)).toBe(text));

  it("what is left is told while it is known and in the future", () => {
    const at = (text: string) => timestampFromDate(new Date(text));
    const estimatedEnd = { p50: at("2026-01-01T00:01:05Z"), p90: at("2026-01-01T00:02:00Z") };
    const queue = create(QueueFactsSchema, { estimatedEnd });
    expect(leftText(queue, new Date("2026-01-01T00:00:00Z"))).toBe("about 1 min 5 s left");
    expect(leftText(queue, new Date("2026-01-01T00:01:06Z"))).toBeNull();
    expect(leftText(undefined, new Date())).toBeNull();
  });

  it("the queue is told by place and reason", () => {
    const facts = create(QueueFactsSchema, { position: 3, waitReason: WaitReason.BEHIND_OTHERS });
    expect(queueText(facts)).toBe("queued, place 3, others go first");
  });
});

it("without a terminal, progress is a line for each tenth", () => {
  const lines: string[] = [];
  const stream = { isTTY: false, write: (line: string) => lines.push(line) };
  const view = createProgressView(stream as unknown as NodeJS.WriteStream);
  for (let progress = 0; progress <= 100; progress += 1) {
    view.show({ status: "running", progress, message: "rendering", left: "about 9 s left" });
  }
  expect(lines).toHaveLength(11);
  expect(lines[1]).toBe(" 10 %  rendering, about 9 s left\n");
});

describe("exit codes", () => {
  it("are different", () => {
    const codes = Object.values(exitCodes).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it.each([
    [Code.InvalidArgument, "usage"],
    [Code.Unavailable, "unavailable"],
    [Code.Canceled, "unavailable"],
    [Code.ResourceExhausted, "unavailable"],
    [Code.PermissionDenied, "denied"],
    [Code.NotFound, "failed"],
    [Code.Internal, "failed"],
  ] as const)("RPC code %i is %s", (code, name) => {
    expect(exitOf(new ConnectError("x", code))).toBe(name);
  });

  it("tell how a job ended", () => {
    const { SUCCEEDED, FAILED, CANCELLED, REFUSED } = GenerationStatus;
    const names = [SUCCEEDED, FAILED, CANCELLED, REFUSED].map(exitOfJob);
    expect(names).toEqual(["ok", "jobFailed", "jobCancelled", "jobRefused"]);
  });
});

it("a terminal without columns gets lines, too", () => {
  const lines: string[] = [];
  const stream = { isTTY: true, columns: 0, write: (line: string) => lines.push(line) };
  const view = createProgressView(stream as unknown as NodeJS.WriteStream);
  view.show({ status: "running", progress: 10, message: "rendering" });
  expect(lines).toEqual([" 10 %  rendering\n"]);
});
