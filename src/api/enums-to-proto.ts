/** Words of the domain as values of the API that more than one message has, and what marks absence. */
import { GenerationMode } from "../../gen/music/v1/generation_mode_pb.ts";
import { LicenceClass } from "../../gen/music/v1/licence_class_pb.ts";
import { OutputFormat } from "../../gen/music/v1/output_format_pb.ts";
import type * as domain from "../generations/engine.ts";

export const modeOf: Readonly<Record<domain.GenerationMode, GenerationMode>> = {
  creation: GenerationMode.CREATION,
  focus: GenerationMode.FOCUS,
};

export const formatOf: Readonly<Record<domain.OutputFormat, OutputFormat>> = {
  mp3: OutputFormat.MP3,
  flac: OutputFormat.FLAC,
  wav: OutputFormat.WAV,
};

export const licenceOf: Readonly<Record<domain.LicenceClass, LicenceClass>> = {
  commercial_cleared: LicenceClass.COMMERCIAL_CLEARED,
  commercial_enterprise: LicenceClass.COMMERCIAL_ENTERPRISE,
  personal_only: LicenceClass.PERSONAL_ONLY,
  unclear: LicenceClass.UNCLEAR,
};

/** Fields of `value` that are not null, since a message marks absence by leaving the field out. */
export function present<T extends object>(value: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null)) as never;
}
