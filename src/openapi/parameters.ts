/** What a request has beside its body: path variables, query parameters and headers. */
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { visibleFields } from "../gateway/fields.ts";
import type { HeaderTarget, Route } from "../gateway/routes.ts";
import { textReader } from "../gateway/scalars.ts";
import { type Comments, markdownOf } from "./comments.ts";
import type { JsonSchema, Parameter } from "./document.ts";
import type { PathVariable } from "./paths.ts";
import { isRequired } from "./rules.ts";
import type { Schemas } from "./schemas.ts";

/** Every operation has it (`src/gateway/lifetime.ts`). */
export const timeoutParameter: Parameter = {
  name: "X-Request-Timeout",
  in: "header",
  description:
    "How long the call may take, in seconds above 0, such as `2.5`; after that it is a 504. The call ends then.",
  schema: { type: "string", pattern: "^(?=.*[1-9])[0-9]{1,6}(?:\\.[0-9]{1,3})?$" },
};

/** Of a GET whose answer has an `ETag` (`src/gateway/conditional.ts`). */
export const noneMatchParameter: Parameter = {
  name: "If-None-Match",
  in: "header",
  description: "The `ETag` of an earlier answer; a 304 says that nothing has changed since.",
  schema: { type: "string" },
};

export function pathParameters(
  variables: readonly PathVariable[],
  schemas: Schemas,
  comments: Comments,
): Parameter[] {
  return variables.map(({ name, target, whole }) => {
    const field = target.path.at(-1)!;
    return {
      name,
      in: "path",
      required: true,
      description: markdownOf(comments(field)),
      schema: whole ? schemas.value(field, "request") : { type: "string", minLength: 1 },
    };
  });
}

/** The fields that neither the path nor the body sets, those of messages by their paths. */
export function queryParameters(
  { method, variables, body }: Route,
  schemas: Schemas,
  comments: Comments,
): Parameter[] {
  if (body === "*") return [];
  return textFields(method.input)
    .filter(({ name, path }) => !variables.has(name) && path[0] !== body)
    .map(({ name, path }) => {
      const field = path.at(-1)!;
      return {
        name,
        in: "query",
        ...(path.every(isRequired) && { required: true }),
        description: markdownOf(comments(field)),
        schema: schemas.value(field, "request"),
      };
    });
}

interface TextField {
  readonly name: string;
  readonly path: readonly DescField[];
}

/** All fields that text can set, not looking into a message a second time. */
function textFields(desc: DescMessage, above: readonly DescField[] = []): TextField[] {
  return visibleFields(desc).flatMap((field) => {
    const path = [...above, field];
    if (textReader(field)) return [{ name: path.map(({ name }) => name).join("."), path }];
    const isSeen = path.some(({ parent }) => parent === field.message);
    if (field.fieldKind !== "message" || isSeen) return [];
    return textFields(field.message, path);
  });
}

/** Those that `gateway.v1.rest` binds; a header with several preferences is one parameter. */
export function headerParameters(
  { headers }: Route,
  schemas: Schemas,
  comments: Comments,
): Parameter[] {
  const byName = Map.groupBy(headers, ({ header }) => header);
  return [...byName].map(([name, targets]) => ({
    name,
    in: "header",
    description: targets.map((each) => describe(each, comments)).join("\n\n"),
    schema: schemaOf(targets, schemas),
  }));
}

function describe({ name, path, preference, lenient }: HeaderTarget, comments: Comments): string {
  const about = markdownOf(comments(path.at(-1)!));
  if (preference !== "") {
    return `\`${preference}=…\` sets \`${name}\`; it is ignored when it does not fit. ${about}`;
  }
  return `Sets \`${name}\`${lenient ? "; it is ignored when it does not fit" : ""}. ${about}`;
}

/** What does not fit is ignored where the binding says so, and then any text may come. */
function schemaOf([target]: readonly HeaderTarget[], schemas: Schemas): JsonSchema {
  if (target === undefined || target.preference !== "" || target.lenient) return { type: "string" };
  return schemas.value(target.path.at(-1)!, "request");
}
