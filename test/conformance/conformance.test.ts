/** The same cases over every face, each by a client that people use, on real sockets. */
import { afterAll, describe, it } from "vitest";
import { cases } from "./cases.ts";
import { faces } from "./faces.ts";
import { startWorld } from "./world.ts";

const world = await startWorld();

describe.each(Object.entries(faces))("%s", (_name, open) => {
  const face = open(world.endpoints);
  afterAll(() => face.close());
  it.each(Object.entries(cases))("%s", (_case, run) => run(face, world));
});
