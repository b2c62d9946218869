/** A job, a track and an engine as commands print them: in words, or in JSON as REST answers it. */
import type { DescMessage, Message } from "@bufbuild/protobuf";
import {
  type Generation,
  GenerationSchema,
  type GenerationStatus,
  GenerationStatusSchema,
} from "../../gen/music/v1/generation_pb.ts";
import { type OutputFormat, OutputFormatSchema } from "../../gen/music/v1/output_format_pb.ts";
import type { Track } from "../../gen/music/v1/track_pb.ts";
import { enumNames } from "../gateway/enum-names.ts";
import { messagePrinter } from "../gateway/printer.ts";
import { queueText, timestampText } from "./time-text.ts";

/** The same JSON as the REST face answers, on one line. */
export function toJson(schema: DescMessage, message: Message): string {
  return messagePrinter(schema)(message);
}

export function jobJson(job: Generation): string {
  return toJson(GenerationSchema, job);
}

export function statusName(status: GenerationStatus): string {
  return enumNames(GenerationStatusSchema).nameOf(status) ?? "unknown";
}

export function formatName(format: OutputFormat): string {
  return enumNames(OutputFormatSchema).nameOf(format) ?? "unknown";
}

/** Rows of a name and a value, for `get`; without those that have none. */
export function jobRows(job: Generation): readonly (readonly [string, string])[] {
  const rows: [string, string | undefined][] = [
    ["id", job.id],
    ["status", statusName(job.status)],
    ["progress", `${job.progress} %${job.progressMessage ? `, ${job.progressMessage}` : ""}`],
    ["queue", job.queue?.position === undefined ? undefined : queueText(job.queue)],
    ["error", job.errorMessage],
    ["refusal", job.refusalReason],
    ["prompt", job.prompt.replaceAll(/\s+/g, " ")],
    ["engine", job.engine],
    ["length", `${job.durationSeconds} s`],
    ["seed", String(job.seed)],
    ["attempts", String(job.attempts)],
    ["created", timestampText(job.createdAt)],
    ["ended", job.endedAt && timestampText(job.endedAt)],
    ["track", job.track?.id],
    ["title", job.track?.title ?? job.title],
    ["audio", job.playbackUrl],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

export function trackRows(track: Track): readonly (readonly [string, string])[] {
  return [
    ["id", track.id],
    ["title", track.title],
    ["engine", track.engine],
    ["length", `${track.measuredDurationSeconds} s`],
    ["type", track.mimeType],
    ["created", timestampText(track.createdAt)],
    ["audio", track.playbackUrl],
    ...Object.entries(track.stemUrls).map(([name, url]) => [`stem ${name}`, url] as const),
  ];
}
