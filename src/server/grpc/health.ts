/** The official health service (grpc.health.v1), for the whole server by "" and for each service by name. */
import type { Server } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";

export class Health {
  readonly #names: readonly string[];
  readonly #implementation: HealthImplementation;
  #ready = false;

  constructor(services: readonly string[]) {
    this.#names = ["", ...services];
    this.#implementation = new HealthImplementation(
      Object.fromEntries(this.#names.map((name) => [name, "NOT_SERVING" as const])),
    );
  }

  addTo(server: Server): void {
    this.#implementation.addToServer(server);
  }

  /** Tells those who ask, and those who watch, whether the service is ready; watchers only of a change. */
  set(ready: boolean): void {
    if (ready === this.#ready) return;
    this.#ready = ready;
    for (const name of this.#names) {
      this.#implementation.setStatus(name, ready ? "SERVING" : "NOT_SERVING");
    }
  }
}
