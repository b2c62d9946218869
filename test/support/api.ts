/** The service over a real store, behind Connect's in-memory transport: no sockets, all interceptors. */
import { createClient, createRouterTransport, type Interceptor } from "@connectrpc/connect";
import { MusicGenerations } from "../../gen/music/v1/music_generations_pb.ts";
import { createAuthorization } from "../../src/api/authorization.ts";
import { createInterceptors } from "../../src/api/interceptors.ts";
import { createService } from "../../src/api/service.ts";
import { createValidation } from "../../src/api/validation.ts";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { Engine } from "../../src/generations/engine.ts";
import { silentLog, type TestStore } from "./store.ts";

export function createApi(
  store: TestStore,
  engines: readonly Engine[],
  clock: Clock = systemClock,
) {
  const stopping = new AbortController();
  const service = createService({
    store: store.jobs,
    feed: store.feed,
    engines,
    artifacts: { delete: async () => true },
    clock,
    random: systemRandom,
    stopping: stopping.signal,
    links: { linkTo: (artifact) => `https://media.test/${artifact}` },
  });
  const interceptors = createInterceptors({
    authorization: createAuthorization(store.apiKeys, store.organizations),
    validate: createValidation(engines),
    random: systemRandom,
    log: silentLog,
  });
  const clientWith = (headers: Record<string, string>) => {
    const send: Interceptor = (next) => (request) => {
      for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
      return next(request);
    };
    const transport = createRouterTransport(({ service: add }) => add(MusicGenerations, service), {
      router: { interceptors },
      transport: { interceptors: [send] },
    });
    return createClient(MusicGenerations, transport);
  };
  return { clientWith, stop: () => stopping.abort() };
}
