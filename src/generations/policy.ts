/** The policy port: whether a request may be served at all, asked before an engine sees it. */
import type { GenerationRequest } from "./engine.ts";

export type PolicyDecision =
  | { readonly allowed: true }
  | {
      readonly allowed: false;
      /** A stable word for the rule, for logs. */
      readonly rule: string;
      /** What the user may read: what is wrong and what would be right. */
      readonly reason: string;
    };

export interface Policy {
  /** @throws when it cannot be decided now; the attempt is then made again later. */
  decide(request: GenerationRequest, signal: AbortSignal): Promise<PolicyDecision>;
}

export const allowed: PolicyDecision = { allowed: true };

/** All of them must allow it; the first that does not decides. */
export function everyOf(policies: readonly Policy[]): Policy {
  return {
    async decide(request, signal) {
      for (const policy of policies) {
        const decision = await policy.decide(request, signal);
        if (!decision.allowed) return decision;
      }
      return allowed;
    },
  };
}
