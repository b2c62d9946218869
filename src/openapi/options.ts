/** What the generator is told beside the descriptors. */
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { Route } from "../gateway/routes.ts";
import type { Comments } from "./comments.ts";
import type { Header, JsonSchema, Parameter } from "./document.ts";

/** One entry of the service's error table. */
export interface ErrorEntry {
  /** The HTTP status. */
  readonly status: number;
  /** Stable; clients compare it. */
  readonly code: string;
  /** For a developer. */
  readonly description: string;
  readonly retryable: boolean;
  /** A whole body. */
  readonly example: unknown;
  /** Of the answer beside those that every answer has. */
  readonly headers: Readonly<Record<string, Header>>;
  /** Whether a call by this route can end with it. */
  appliesTo(route: Route): boolean;
}

export interface OpenApiOptions {
  readonly service: DescService;
  readonly comments: Comments;
  /** The Info Object, without a description: that is the service's comment. */
  readonly info: { readonly title: string; readonly version: string } & JsonSchema;
  /** The body of every error: narrowed to the codes of a status by `narrowError`. */
  readonly errorSchema: JsonSchema;
  readonly narrowError: (status: number, codes: readonly string[]) => JsonSchema;
  readonly errors: readonly ErrorEntry[];
  /** Each of them alone is enough. */
  readonly securitySchemes: Readonly<Record<string, JsonSchema>>;
  /** Request headers beside the gateway's own. */
  readonly requestHeaders: readonly Parameter[];
  /** Headers of every answer. */
  readonly answerHeaders: Readonly<Record<string, Header>>;
  /** Headers that the implementation of a method sets on a success. */
  readonly successHeaders: (method: DescMethod) => Readonly<Record<string, Header>>;
  /** The body of a request that succeeds; undefined for none. */
  readonly requestExample: (method: DescMethod) => unknown;
  /** The body of what that request is answered with; undefined for none. */
  readonly answerExample: (method: DescMethod) => unknown;
}
