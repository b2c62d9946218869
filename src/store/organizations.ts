/** Organizations as records: their members and how many of their jobs may run at once. */
import type { OrganizationStore } from "../generations/identity.ts";
import type { Database } from "./database.ts";
import { schemaVersion } from "./documents.ts";

export interface MongoOrganizations extends OrganizationStore {
  /** Makes the organization and the membership, where they are missing. */
  addMember(organizationId: string, userId: string): Promise<void>;
  /** The caps of these organizations, those with a cap of their own. */
  capsOf(organizationIds: readonly string[]): Promise<Map<string, number>>;
  /** Sets the cap; seen by the next claim of every worker. */
  setCap(organizationId: string, cap: number): Promise<void>;
}

/** Organizations over MongoDB. */
export function createOrganizations({ organizations }: Database): MongoOrganizations {
  return {
    async isMember(organizationId, userId) {
      const filter = { _id: organizationId, members: userId };
      return (await organizations.findOne(filter, { projection: { _id: 1 } })) !== null;
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
      await organizations.updateOne({ _id: organizationId }, { $set: { cap } });
    },
  };
}
