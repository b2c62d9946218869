/**
 * The bindings of a service: every `google.api.http` rule of its descriptors with the options of
 * `gateway.v1`, resolved to fields and checked at start. What cannot be served is a `BindingError` that
 * names the method and the template.
 */
import {
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescService,
  getOption,
  hasOption,
  type Message,
} from "@bufbuild/protobuf";
import { rest } from "../../gen/gateway/v1/annotations_pb.ts";
import { http } from "../../gen/google/api/annotations_pb.ts";
import type { HttpRule } from "../../gen/google/api/http_pb.ts";
import { BindingError } from "./fault.ts";
import { resolveFieldPath, visibleFields } from "./fields.ts";
import { compileLocation, type Locate } from "./location.ts";
import { type PathTemplate, parsePathTemplate } from "./path-template.ts";
import { fieldPrinter, messagePrinter } from "./printer.ts";
import { type Read, textReader } from "./scalars.ts";

/** A field that text sets: by a path variable or a header. */
export interface TextTarget {
  /** Its path in REST names. */
  readonly name: string;
  readonly path: readonly DescField[];
  readonly read: Read<string>;
}

export interface HeaderTarget extends TextTarget {
  readonly header: string;
  /** The header's name in lower case, as it is looked up. */
  readonly key: string;
  /** The name of an RFC 7240 preference; empty for the whole header. */
  readonly preference: string;
  /** Whether a value that does not fit is ignored. */
  readonly lenient: boolean;
}

export interface Framing {
  /** The field that becomes the id of an event. */
  readonly idPath: readonly DescField[] | undefined;
  readonly event: string;
}

export interface Route {
  readonly service: DescService;
  readonly method: DescMethod;
  /** The HTTP method, upper case, or `*` for every one. */
  readonly verb: string;
  readonly template: PathTemplate;
  readonly variables: ReadonlyMap<string, TextTarget>;
  /** What the body is: nothing, the whole request, or one field of it. */
  readonly body: DescField | "" | "*";
  /** What `response_body` names: the one field that is the answer; null for all of the message. */
  readonly answered: DescField | null;
  /** The JSON of an answer. */
  readonly print: (message: Message) => string;
  readonly headers: readonly HeaderTarget[];
  readonly location: Locate | null;
  readonly successStatus: number;
  /** The request headers that an answer depends on, for `Vary` (RFC 9110, 12.5.5). */
  readonly vary: string;
  /** Null for a unary method. */
  readonly stream: Framing | null;
}

/**
 * All bindings of `service`.
 * @throws BindingError when one cannot be served: a wrong template, a field that is not there or not fit
 *   for its place, a stream without framing, a client stream, a type that has no JSON form here
 */
export function routesOf(service: DescService): Route[] {
  return service.methods.flatMap((method) => {
    if (!hasOption(method, http)) return [];
    const rule = getOption(method, http);
    return [rule, ...rule.additionalBindings].map((each) => {
      try {
        if (each !== rule && each.additionalBindings.length > 0) {
          throw new BindingError("an additional binding cannot have additional bindings");
        }
        return routeOf(service, method, each);
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        throw new BindingError(`${nameOf(service, method)}: ${withTemplate(each, problem)}`);
      }
    });
  });
}

/** The method's full name, for errors. */
export function nameOf(service: DescService, method: DescMethod): string {
  return `${service.typeName}.${method.name}`;
}

/** The problem with the template that it is of, where it does not quote one itself. */
function withTemplate({ pattern }: HttpRule, problem: string): string {
  if (pattern.case === undefined || problem.startsWith("path template ")) return problem;
  const source = pattern.case === "custom" ? pattern.value.path : pattern.value;
  return `path template "${source}": ${problem}`;
}

function routeOf(service: DescService, method: DescMethod, rule: HttpRule): Route {
  const { input, output } = method;
  requireServable(method);
  const options = getOption(method, rest);
  const { verb, template } = patternOf(rule);
  const printed = rule.responseBody === "" ? null : topField(output, rule.responseBody);
  return {
    service,
    method,
    verb,
    template,
    variables: variablesOf(input, template),
    body: bodyOf(input, verb, rule.body),
    answered: printed,
    print: printed ? fieldPrinter(printed) : messagePrinter(output),
    headers: options.headers.map((each) => {
      return { ...textTarget(input, each.field), ...each, key: each.header.toLowerCase() };
    }),
    location: options.location === "" ? null : compileLocation(method, options.location),
    successStatus: options.successStatus || 200,
    vary: [
      ...new Set(["Accept", "Accept-Encoding", ...options.headers.map((each) => each.header)]),
    ].join(", "),
    stream: streamOf(method),
  };
}

function patternOf({ pattern }: HttpRule): { verb: string; template: PathTemplate } {
  if (pattern.case === undefined) throw new BindingError("a binding without a path");
  if (pattern.case !== "custom") {
    return { verb: pattern.case.toUpperCase(), template: parsePathTemplate(pattern.value) };
  }
  const { kind, path } = pattern.value;
  return { verb: kind.toUpperCase(), template: parsePathTemplate(path) };
}

function requireServable({ methodKind, input, output }: DescMethod): void {
  if (methodKind !== "unary" && methodKind !== "server_streaming") {
    throw new BindingError("a client stream cannot have a binding");
  }
  for (const desc of [input, output]) requireJsonForm(desc, new Set());
}

/** `Any` needs a registry of types, and `HttpBody` is no JSON. */
function requireJsonForm(desc: DescMessage, seen: Set<DescMessage>): void {
  if (desc.typeName === "google.protobuf.Any" || desc.typeName === "google.api.HttpBody") {
    throw new BindingError(`${desc.typeName} is not supported`);
  }
  seen.add(desc);
  for (const { message } of visibleFields(desc)) {
    if (message && !seen.has(message)) requireJsonForm(message, seen);
  }
}

function variablesOf(input: DescMessage, template: PathTemplate): Map<string, TextTarget> {
  return new Map(
    template.variables.map(({ field }) => {
      try {
        return [field, textTarget(input, field)];
      } catch (error) {
        const column = template.source.indexOf(field) + 1;
        const problem = error instanceof Error ? error.message : String(error);
        throw new BindingError(`path template "${template.source}", column ${column}: ${problem}`);
      }
    }),
  );
}

function textTarget(desc: DescMessage, name: string): TextTarget {
  const path = resolveFieldPath(desc, name);
  const last = path.at(-1);
  const read = last && last.fieldKind !== "list" ? textReader(last) : undefined;
  if (read === undefined) throw new BindingError(`no text can set the field "${name}"`);
  return { name, path, read };
}

/** RFC 9110, 9.3.1: a GET request has no body with a meaning. */
function bodyOf(input: DescMessage, verb: string, body: string): Route["body"] {
  if (body === "") return "";
  if (verb === "GET" || verb === "HEAD") throw new BindingError(`${verb} cannot have a body`);
  return body === "*" ? "*" : topField(input, body);
}

function topField(desc: DescMessage, name: string): DescField {
  const [field, below] = resolveFieldPath(desc, name);
  if (field === undefined || below) throw new BindingError(`"${name}" is not at the top level`);
  return field;
}

function streamOf(method: DescMethod): Framing | null {
  if (method.methodKind === "unary") return null;
  const { stream } = getOption(method, rest);
  if (stream === undefined) {
    throw new BindingError("a stream with a binding needs gateway.v1.rest.stream");
  }
  const { idField, event } = stream;
  const idPath = idField === "" ? undefined : resolveFieldPath(method.output, idField);
  if (idPath && idPath.at(-1)?.fieldKind !== "scalar") {
    throw new BindingError(`the id of an event must be a scalar, and "${idField}" is none`);
  }
  return { idPath, event };
}
