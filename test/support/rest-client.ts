/** One caller of the REST face, by clients that people use: fetch, and `eventsource` for streams. */
import { EventSource } from "eventsource";

export type Body = Readonly<Record<string, unknown>>;

/** A job as REST answers it; its fields by their names on the wire. */
export interface JobBody extends Body {
  readonly id: string;
  readonly status: string;
  readonly version: number;
  readonly playback_url: string | null;
  readonly result_track_id: string | null;
  readonly interpretation: Body | null;
}

export class RestClient {
  readonly #base: string;
  readonly #key: string;

  constructor(url: string, organization: string, key: string) {
    this.#base = `${url}/v1/music/${organization}`;
    this.#key = key;
  }

  /** @throws Error with the answer's text unless the call succeeds */
  async call<T = Body>(method: string, path: string, body?: unknown): Promise<T> {
    const { status, answer } = await this.try(method, path, body);
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    return answer as T;
  }

  async try(method: string, path: string, body?: unknown) {
    const response = await fetch(this.#base + path, {
      method,
      headers: { "x-api-key": this.#key, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, answer: text === "" ? null : (JSON.parse(text) as unknown) };
  }

  create(body: Body): Promise<JobBody> {
    return this.call("POST", "/generations", { engine: "studio", ...body });
  }

  job(id: string): Promise<JobBody> {
    return this.call("GET", `/generations/${id}`);
  }

  track(id: string): Promise<Body> {
    return this.call("GET", `/tracks/${id}`);
  }

  /** The fields that a create with these is told are wrong. */
  async faults(body: Body): Promise<string[]> {
    const { status, answer } = await this.try("POST", "/generations", {
      engine: "studio",
      ...body,
    });
    if (status !== 422) throw new Error(`${status} ${JSON.stringify(answer)}`);
    const { error } = answer as { error: { details: { violations: { field: string }[] } } };
    return error.details.violations.map(({ field }) => field);
  }

  /** The first state of the job that `accepts`, or its last one, as server-sent events bring them. */
  watchUntil(id: string, accepts: (job: JobBody) => boolean): Promise<JobBody> {
    const { promise, resolve, reject } = Promise.withResolvers<JobBody>();
    const source = new EventSource(`${this.#base}/generations/${id}/events`, {
      fetch: (url, init) =>
        fetch(url, { ...init, headers: { ...init.headers, "x-api-key": this.#key } }),
    });
    let last: JobBody | null = null;
    source.addEventListener("generation", ({ data }) => {
      last = JSON.parse(data) as JobBody;
      const isLast = last.status !== "queued" && last.status !== "running";
      if (isLast || accepts(last)) resolve(last);
    });
    // A lost connection is made again by itself; an answer that is no stream is not.
    source.addEventListener("error", ({ code, message }) => {
      if (code !== undefined) reject(new Error(`${code} ${message}`));
    });
    return promise.finally(() => source.close());
  }

  ended(id: string): Promise<JobBody> {
    return this.watchUntil(id, () => false);
  }

  /** Creates a job and waits until it has succeeded. */
  async make(body: Body): Promise<JobBody> {
    const { id } = await this.create(body);
    const job = await this.ended(id);
    if (job.status !== "succeeded") throw new Error(`${job.status} ${job["error_message"]}`);
    return job;
  }
}
