/** The built-in policy: the rules, in the order in which they are asked, each with what the user reads. */
import type { GenerationRequest } from "../generations/engine.ts";
import { allowed, type Policy } from "../generations/policy.ts";
import { isHateful, sexualizesMinors } from "./harm.ts";
import { imitatedArtist } from "./imitation.ts";

interface Rule {
  readonly name: string;
  /** The reason for a refusal; null when the rule has nothing against it. */
  readonly refuse: (request: GenerationRequest) => string | null;
}

/** All that the caller wrote. */
function textOf({ prompt, title, styleTags, lyrics }: GenerationRequest): string {
  return [prompt, title, ...styleTags, lyrics].filter((part) => part !== null).join(" | ");
}

const rules: readonly Rule[] = [
  {
    name: "minors",
    refuse: (request) =>
      sexualizesMinors(textOf(request))
        ? "The request puts minors into a sexual context. That is never made here."
        : null,
  },
  {
    name: "hate",
    refuse: (request) =>
      isHateful(textOf(request))
        ? "The request calls for violence against a group of people. That is not made here."
        : null,
  },
  {
    name: "imitation",
    refuse: (request) => {
      const artist = imitatedArtist(request);
      if (artist === null) return null;
      return `The request asks to imitate an artist by name (${artist}). Please describe the sound instead: its style, mood, era and instruments.`;
    },
  },
];

/** The built-in policy. */
export const rulePolicy: Policy = {
  async decide(request) {
    for (const { name, refuse } of rules) {
      const reason = refuse(request);
      if (reason !== null) return { allowed: false, rule: name, reason };
    }
    return allowed;
  },
};
