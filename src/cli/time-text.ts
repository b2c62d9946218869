/** Times and the queue's facts in words for people. */
import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { type QueueFacts, WaitReason } from "../../gen/music/v1/generation_pb.ts";

/** A length of time in its two largest units, for example `2 min 5 s`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** An instant of the past or the future, to the minute, in UTC. */
export function instantText(date: Date): string {
  return date.toISOString().slice(0, 16).replace("T", " ");
}

/** The same of a timestamp; a dash where there is none. */
export function timestampText(time: Timestamp | undefined): string {
  return time === undefined ? "-" : instantText(timestampDate(time));
}

const reasons: Partial<Record<WaitReason, string>> = {
  [WaitReason.CAP]: "as many jobs run as may",
  [WaitReason.NO_WORKER]: "no worker is there",
  [WaitReason.BACKOFF]: "another attempt comes soon",
  [WaitReason.BEHIND_OTHERS]: "others go first",
};

/** Where a queued job is and why, for example `place 3, others go first`. */
export function queueText({ position, waitReason }: QueueFacts): string {
  const reason = waitReason === undefined ? undefined : reasons[waitReason];
  const parts = [...(position ? [`place ${position}`] : []), ...(reason ? [reason] : [])];
  return ["queued", ...parts].join(", ");
}

/** How long until the job may be done, for example `about 40 s left`; null when nobody knows or it is over. */
export function leftText(queue: QueueFacts | undefined, now: Date): string | null {
  const end = queue?.estimatedEnd?.p50;
  if (end === undefined) return null;
  const seconds = (timestampDate(end).getTime() - now.getTime()) / 1_000;
  return seconds < 1 ? null : `about ${durationText(seconds)} left`;
}
