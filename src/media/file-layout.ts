/**
 * Where the file store keeps what: an artifact is a folder of its own, so that its bytes and what is
 * known of them appear in one rename.
 *
 * ```
 * <root>/tracks/mgen_1/2/+master.mp3/master.mp3     the bytes
 * <root>/tracks/mgen_1/2/+master.mp3/.about.json    size, digest, type, time
 * <root>/.incoming/<random>/…                       a put under way
 * ```
 *
 * Neither `+` nor a leading dot can be in a name, so names and these marks never collide.
 */
import { basename, dirname, join } from "node:path";
import {
  type ArtifactInfo,
  InvalidArtifactName,
  isArtifactName,
} from "../generations/artifacts.ts";

export const incomingFolder = ".incoming";
export const objectMark = "+";

/** Where one artifact's parts are. */
export interface ObjectPaths {
  readonly folder: string;
  readonly bytes: string;
  readonly about: string;
}

/** @throws InvalidArtifactName */
export function objectPaths(root: string, name: string): ObjectPaths {
  if (!isArtifactName(name)) throw new InvalidArtifactName(name);
  return partsOf(join(root, dirname(name), objectMark + basename(name)), name);
}

/** The parts of the artifact `name` in `folder`, which may still be among the incoming ones. */
export function partsOf(folder: string, name: string): ObjectPaths {
  return { folder, bytes: join(folder, basename(name)), about: join(folder, ".about.json") };
}

export function formatAbout(info: ArtifactInfo): string {
  const { size, sha256, mimeType, storedAt } = info;
  return `${JSON.stringify({ size, sha256, mimeType, storedAt: storedAt.toISOString() })}\n`;
}

/** @throws Error when `text` is not what `formatAbout` writes: someone edited the data folder */
export function parseAbout(name: string, text: string): ArtifactInfo {
  const { size, sha256, mimeType, storedAt } = JSON.parse(text) as Record<string, unknown>;
  const time = new Date(String(storedAt));
  const sound =
    Number.isSafeInteger(size) &&
    /^[0-9a-f]{64}$/.test(String(sha256)) &&
    typeof mimeType === "string" &&
    !Number.isNaN(time.getTime());
  if (!sound) throw new Error(`the description of artifact ${name} is damaged`);
  return { name, size: size as number, sha256: String(sha256), mimeType, storedAt: time };
}
