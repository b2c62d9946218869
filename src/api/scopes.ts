/** What scope a key needs for each method: the one table. */
import type { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import type { KeyScope } from "../generations/identity.ts";

const scopes: Readonly<Record<keyof typeof MusicGenerations.method, KeyScope>> = {
  createGeneration: "generations:write",
  getGeneration: "generations:read",
  listGenerations: "generations:read",
  cancelGeneration: "generations:write",
  watchGeneration: "generations:read",
  listEngines: "generations:read",
  getTrack: "generations:read",
  deleteGeneration: "generations:write",
  deleteTrack: "generations:write",
};

/** The scope that this method needs. @throws TypeError for a method of another service */
export function scopeOf(localName: string): KeyScope {
  const scope = (scopes as Readonly<Record<string, KeyScope>>)[localName];
  if (scope === undefined) throw new TypeError(`no scope is set for ${localName}`);
  return scope;
}
