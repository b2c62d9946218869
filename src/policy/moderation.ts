/**
 * An operator's own moderation service, asked after the built-in rules:
 *
 * ```
 * POST MODERATION_URL   {"prompt", "title", "style_tags", "lyrics"}
 * 200                   {"allowed": true}  or  {"allowed": false, "reason": "for the user"}
 * ```
 *
 * Without a clear answer nothing is made: the attempt fails and is made again later.
 */
import { z } from "zod";
import { allowed, type Policy } from "../generations/policy.ts";

/** For one answer, in milliseconds. */
const withinMs = 10_000;
/** Characters of a reason that are shown. */
const mostReason = 500;
const usualReason = "The request is not allowed here.";

const answerShape = z.object({ allowed: z.boolean(), reason: z.string().optional() });

/** The policy of the service at `url`. */
export function createModeration(url: string): Policy {
  return {
    async decide({ prompt, title, styleTags, lyrics }, signal) {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ prompt, title, style_tags: styleTags, lyrics }),
        redirect: "error",
        signal: AbortSignal.any([signal, AbortSignal.timeout(withinMs)]),
      });
      if (!response.ok) throw new Error(`the moderation service answered ${response.status}`);
      const answer = answerShape.parse(await response.json());
      if (answer.allowed) return allowed;
      const reason = answer.reason?.slice(0, mostReason) || usualReason;
      return { allowed: false, rule: "moderation", reason };
    },
  };
}
