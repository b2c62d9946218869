/** The public REST API by `fetch`, with the key in a header. */
import type { Engine, Job, JobPage, Status, Track } from "../model.ts";
import { ApiError, errorOfResponse, LostConnection } from "./errors.ts";

export interface Credentials {
  readonly organizationId: string;
  readonly key: string;
}

export interface ListQuery {
  readonly status: Status | null;
  readonly pageToken: string | null;
  readonly limit: number;
}

export interface Api {
  engines(): Promise<readonly Engine[]>;
  /** @param idempotencyKey a repeat with it answers the same job */
  create(request: unknown, idempotencyKey: string): Promise<Job>;
  job(id: string): Promise<Job>;
  list(query: ListQuery): Promise<JobPage>;
  cancel(id: string): Promise<Job>;
  remove(id: string): Promise<void>;
  track(id: string): Promise<Track>;
  /** The stream of `WatchGeneration` after the version that `lastEventId` names. */
  events(id: string, lastEventId: string | null, signal: AbortSignal): Promise<Response>;
}

/** How long an ordinary call may take, in milliseconds. */
const callLimitMs = 20_000;

/**
 * Every method throws `ApiError` for an answer that is an error and `LostConnection` when none came.
 * @param base what the paths are relative to: the page's own folder
 */
export function createApi(
  { organizationId, key }: Credentials,
  base: string,
  fetcher: typeof fetch = fetch,
): Api {
  const root = new URL(`v1/music/${encodeURIComponent(organizationId)}/`, base);

  async function send(path: string, init: RequestInit): Promise<Response> {
    const headers = { accept: "application/json", ...init.headers, "x-api-key": key };
    let response: Response;
    try {
      response = await fetcher(new URL(path, root), { ...init, headers, cache: "no-store" });
    } catch (error) {
      // A key with characters that no header can have never leaves the browser.
      if (!/^[\x21-\x7E]+$/.test(key)) throw new ApiError(401, { message: "This is not a key." });
      throw new LostConnection(error);
    }
    if (response.ok) return response;
    throw await errorOfResponse(response);
  }

  async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await send(path, { ...init, signal: AbortSignal.timeout(callLimitMs) });
    try {
      return (response.status === 204 ? undefined : await response.json()) as T;
    } catch (error) {
      throw new LostConnection(error);
    }
  }

  const one = (id: string) => `generations/${encodeURIComponent(id)}`;
  return {
    engines: async () => (await call<{ engines: Engine[] }>("engines")).engines,
    create: (request, idempotencyKey) =>
      call("generations", {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": idempotencyKey },
        body: JSON.stringify(request),
      }),
    job: (id) => call(one(id)),
    list: ({ status, pageToken, limit }) => {
      const query = new URLSearchParams({ limit: String(limit) });
      if (status !== null) query.set("status", status);
      if (pageToken !== null) query.set("page_token", pageToken);
      return call(`generations?${query}`);
    },
    cancel: (id) => call(`${one(id)}/cancel`, { method: "POST" }),
    remove: (id) => call(one(id), { method: "DELETE" }),
    track: (id) => call(`tracks/${encodeURIComponent(id)}`),
    events: (id, lastEventId, signal) =>
      send(`${one(id)}/events`, {
        signal,
        headers: {
          accept: "text/event-stream",
          ...(lastEventId !== null && { "last-event-id": lastEventId }),
        },
      }),
  };
}

/**
 * Where a signed link leads by way of the page's own origin: the service may be reached under several
 * names, and the page may load sound from its own alone.
 */
export function ownOrigin(link: string, base: string): string {
  const { pathname, search } = new URL(link, base);
  return new URL(pathname + search, base).href;
}
