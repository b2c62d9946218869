/** Page tokens (AIP-158): opaque to callers, they hold the last job of a page. */

export interface PagePosition {
  readonly createdAt: Date;
  readonly id: string;
}

export function formatPageToken({ createdAt, id }: PagePosition): string {
  return Buffer.from(`${createdAt.getTime().toString(36)}.${id}`).toString("base64url");
}

/** The position that a token holds; null when it is not one of ours. */
export function parsePageToken(token: string): PagePosition | null {
  const text = Buffer.from(token, "base64url").toString("latin1");
  const [, time, id] = /^([0-9a-z]{1,10})\.(mgen_[0-9a-z]{1,64})$/.exec(text) ?? [];
  if (time === undefined || id === undefined) return null;
  return { createdAt: new Date(Number.parseInt(time, 36)), id };
}
