/** The composition of the policy: the built-in rules, then what the operator has set. */
import { readFile } from "node:fs/promises";
import { type Config, ConfigError } from "./base/config.ts";
import { everyOf, type Policy } from "./generations/policy.ts";
import { lyricsPolicy, readWorks } from "./policy/lyrics.ts";
import { createModeration } from "./policy/moderation.ts";
import { rulePolicy } from "./policy/rules.ts";

/** @throws ConfigError when the list of protected lyrics cannot be read */
export async function createPolicy(config: Config): Promise<Policy> {
  const { MODERATION_URL: moderation, PROTECTED_LYRICS_FILE: lyrics } = config;
  return everyOf([
    rulePolicy,
    ...(lyrics ? [lyricsPolicy(await readList(lyrics))] : []),
    ...(moderation ? [createModeration(moderation)] : []),
  ]);
}

async function readList(path: string) {
  try {
    return readWorks(await readFile(path, "utf8"));
  } catch (error) {
    throw new ConfigError([`PROTECTED_LYRICS_FILE: ${(error as Error).message}`]);
  }
}
