/** What the tab remembers, and forgets when it is closed. */
import type { Credentials } from "./connection/api.ts";
import type { Draft } from "./studio/draft.ts";

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export interface Session {
  readonly credentials: Credentials | null;
  /** The organization, kept beyond a key that stopped working. */
  readonly organizationId: string;
  readonly draft: Partial<Draft>;
  keepCredentials(credentials: Credentials): void;
  forgetKey(): void;
  keepDraft(draft: Draft): void;
}

const names = { organization: "organization", key: "key", draft: "draft" };

export function createSession(store: Store): Session {
  return {
    get credentials() {
      const key = store.getItem(names.key);
      const organizationId = store.getItem(names.organization);
      return key && organizationId ? { organizationId, key } : null;
    },
    get organizationId() {
      return store.getItem(names.organization) ?? "";
    },
    get draft() {
      try {
        return JSON.parse(store.getItem(names.draft) ?? "{}") as Partial<Draft>;
      } catch {
        return {};
      }
    },
    keepCredentials({ organizationId, key }) {
      store.setItem(names.organization, organizationId);
      store.setItem(names.key, key);
    },
    forgetKey: () => store.removeItem(names.key),
    keepDraft: (draft) => store.setItem(names.draft, JSON.stringify(draft)),
  };
}
