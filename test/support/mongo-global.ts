/**
 * One mongod for all test files that need nothing but a database, started before the first of them
 * (vitest `globalSetup`). A file takes a database of its own name in it: see `sharedDatabase`.
 */
import type { TestProject } from "vitest/node";
import { startTestMongo } from "./mongo.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** For `new MongoClient(inject("mongoUri"))`. */
    mongoUri: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const mongo = await startTestMongo();
  project.provide("mongoUri", mongo.uri);
  return () => mongo.stop();
}
