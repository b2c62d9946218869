/** What was made, as messages of the API: the track, in short and as a resource, and segments; with signed URLs. */
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Segment, SegmentSchema } from "../../gen/music/v1/generation_pb.ts";
import {
  type Track,
  TrackSchema,
  type TrackSummary,
  TrackSummarySchema,
} from "../../gen/music/v1/track_pb.ts";
import type { ExtraKind } from "../generations/engine.ts";
import type { Track as DomainTrack, Job, TrackExtra } from "../generations/job.ts";
import type { MediaLinks } from "../generations/media-links.ts";
import { licenceOf, modeOf, present } from "./enums-to-proto.ts";

/** A link to a file that is called so when it is kept, with the artifact's own extension. */
function linkTo(links: MediaLinks, artifact: string, name: string): string {
  const extension = artifact.slice(artifact.lastIndexOf("."));
  return links.linkTo(artifact, { filename: name + extension });
}

/** What job and resource say alike of a track. */
function trackFields(track: DomainTrack, links: MediaLinks) {
  return {
    id: track.id,
    title: track.title,
    engine: track.engine,
    mode: modeOf[track.mode],
    instrumental: track.instrumental,
    measuredDurationSeconds: track.measuredDurationSeconds,
    mimeType: track.mimeType,
    licenceClass: licenceOf[track.licenceClass],
    playbackUrl: linkTo(links, track.artifact, track.title),
  };
}

export function toTrackSummary(track: DomainTrack, links: MediaLinks): TrackSummary {
  return create(TrackSummarySchema, trackFields(track, links));
}

export function toTrack(track: DomainTrack, links: MediaLinks): Track {
  const { title, extras, stemGainDb } = track;
  const linked = ({ kind, stem, artifact }: TrackExtra) =>
    linkTo(links, artifact, kind === "midi" ? title : `${title} (${stem ?? kind})`);
  const urlOf = (kind: ExtraKind) => {
    const found = extras.find((extra) => extra.kind === kind);
    return found === undefined ? null : linked(found);
  };
  const stems = extras.filter(({ kind }) => kind === "stem");
  return create(TrackSchema, {
    ...trackFields(track, links),
    createdAt: timestampFromDate(track.createdAt),
    stemUrls: Object.fromEntries(stems.map((extra) => [extra.stem, linked(extra)])),
    ...present({ midiUrl: urlOf("midi"), waveformUrl: urlOf("waveform"), stemGainDb }),
  });
}

/** Under the title of the track, or the one that was asked for while there is none. */
export function toSegments({ segments, track, request }: Job, links: MediaLinks): Segment[] {
  const title = track?.title ?? request.title ?? "Focus";
  return segments.map(({ index, startSeconds, durationSeconds, mimeType, artifact }) =>
    create(SegmentSchema, {
      index,
      startSeconds,
      durationSeconds,
      mimeType,
      playbackUrl: linkTo(links, artifact, `${title} (${index + 1})`),
    }),
  );
}
