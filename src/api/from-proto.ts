/** From the messages of the API to the domain. */

import { GenerationMode } from "../../gen/music/v1/generation_mode_pb.ts";
import { GenerationPriority, GenerationStatus } from "../../gen/music/v1/generation_pb.ts";
import type {
  CreateGenerationRequest,
  ListGenerationsRequest,
} from "../../gen/music/v1/music_generations_pb.ts";
import { OutputFormat } from "../../gen/music/v1/output_format_pb.ts";
import type * as domain from "../generations/engine.ts";
import type { JobFilter } from "../generations/job-store.ts";
import type { Priority } from "../generations/priority.ts";
import type { Status } from "../generations/state.ts";
import { parsePageToken } from "./page-token.ts";

const statusOf: Readonly<Record<GenerationStatus, Status | null>> = {
  [GenerationStatus.UNSPECIFIED]: null,
  [GenerationStatus.QUEUED]: "queued",
  [GenerationStatus.RUNNING]: "running",
  [GenerationStatus.SUCCEEDED]: "succeeded",
  [GenerationStatus.FAILED]: "failed",
  [GenerationStatus.CANCELLED]: "cancelled",
  [GenerationStatus.REFUSED]: "refused",
};

const priorityOf: Readonly<Record<GenerationPriority, Priority>> = {
  [GenerationPriority.UNSPECIFIED]: "normal",
  [GenerationPriority.LOW]: "low",
  [GenerationPriority.NORMAL]: "normal",
  [GenerationPriority.HIGH]: "high",
};

const formatOf: Readonly<Record<OutputFormat, domain.OutputFormat>> = {
  [OutputFormat.UNSPECIFIED]: "mp3",
  [OutputFormat.MP3]: "mp3",
  [OutputFormat.FLAC]: "flac",
  [OutputFormat.WAV]: "wav",
};

/** How urgent the client says that it is. */
export function priorityIn(request: CreateGenerationRequest): Priority {
  return priorityOf[request.priority] ?? "normal";
}

/** What the client asks an engine for. */
export function fromCreateRequest(request: CreateGenerationRequest): domain.GenerationRequest {
  return {
    prompt: request.prompt,
    durationSeconds: request.durationSeconds ?? 0,
    mode: request.mode === GenerationMode.FOCUS ? "focus" : "creation",
    instrumental: request.instrumental,
    lyrics: request.lyrics ?? null,
    seedTrackId: request.seedTrackId ?? null,
    styleTags: request.styleTags,
    title: request.title ?? null,
    outputFormat: formatOf[request.outputFormat] ?? "mp3",
    stems: request.stems,
  };
}

/** What the client asks a list for, with the defaults of the contract. */
export function fromListRequest(request: ListGenerationsRequest): JobFilter {
  return {
    status: statusOf[request.status] ?? null,
    limit: request.limit ?? 50,
    offset: request.offset ?? 0,
    after: request.pageToken === undefined ? null : parsePageToken(request.pageToken),
  };
}
