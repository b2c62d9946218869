/** Organizations as records: their members, how many of their jobs may run at once, and their own limits. */
import type { UpdateFilter } from "mongodb";
import type { Organization, OrganizationStore } from "../generations/identity.ts";
import type { OrganizationLimit } from "../generations/limits.ts";
import type { Database } from "./database.ts";
import { type OrganizationDocument, schemaVersion } from "./documents.ts";

export interface MongoOrganizations extends OrganizationStore {
  /** Makes the organization and the membership, where they are missing. */
  addMember(organizationId: string, userId: string): Promise<void>;
  /** The caps of these organizations, those with a cap of their own. */
  capsOf(organizationIds: readonly string[]): Promise<Map<string, number>>;
  /** All of them, by their ids, at most `mostListed`. */
  list(): Promise<Organization[]>;
  /** Ends a membership; calls and streams of the user in it end within seconds. False without one. */
  removeMember(organizationId: string, userId: string): Promise<boolean>;
  /** Sets the cap, seen by the next claim of every worker. False when there is no such organization. */
  setCap(organizationId: string, cap: number): Promise<boolean>;
  /**
   * Sets a limit of its own, or none again by null; seen by the next call of every process. False when there
   * is no such organization.
   */
  setLimit(
    organizationId: string,
    limit: OrganizationLimit,
    value: number | null,
  ): Promise<boolean>;
}

/** Most organizations in a list. */
const mostListed = 1_000;

/** Organizations over MongoDB. */
export function createOrganizations({ organizations }: Database): MongoOrganizations {
  return {
    async membership(organizationId, userId) {
      const filter = { _id: organizationId, members: userId };
      const found = await organizations.findOne(filter, { projection: { limits: 1 } });
      return found && { limits: found.limits ?? {} };
    },
    async addMember(organizationId, userId) {
      await organizations.updateOne(
        { _id: organizationId },
        [
          {
            $set: {
              schema: { $ifNull: ["$schema", schemaVersion] },
              createdAt: { $ifNull: ["$createdAt", "$$NOW"] },
              members: { $setUnion: [{ $ifNull: ["$members", []] }, [{ $literal: userId }]] },
            },
          },
        ],
        { upsert: true },
      );
    },
    async list() {
      const found = await organizations.find().sort({ _id: 1 }).limit(mostListed).toArray();
      return found.map(({ _id, cap, limits, members }) => ({
        id: _id,
        cap: cap ?? null,
        limits: limits ?? {},
        members,
      }));
    },
    async removeMember(organizationId, userId) {
      const filter = { _id: organizationId, members: userId };
      const update = { $pull: { members: userId } };
      return (await organizations.updateOne(filter, update)).modifiedCount === 1;
    },
    async capsOf(organizationIds) {
      const found = await organizations
        .find(
          { _id: { $in: [...organizationIds] }, cap: { $exists: true } },
          { projection: { cap: 1 } },
        )
        .toArray();
      return new Map(found.map(({ _id, cap }) => [_id, cap as number]));
    },
    async setCap(organizationId, cap) {
      const changed = await organizations.updateOne({ _id: organizationId }, { $set: { cap } });
      return changed.matchedCount === 1;
    },
    async setLimit(organizationId, limit, value) {
      const field = `limits.${limit}`;
      const update: UpdateFilter<OrganizationDocument> =
        value === null ? { $unset: { [field]: true as const } } : { $set: { [field]: value } };
      return (await organizations.updateOne({ _id: organizationId }, update)).matchedCount === 1;
    },
  };
}
