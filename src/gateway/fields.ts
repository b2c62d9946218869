/**
 * Fields as the REST face sees them: which there are, by which names they are found, and how their
 * values lie in a message. `@bufbuild/protobuf` offers this by reflection; here it is looked up once a
 * type and then used as it is, since it is on the path of every request.
 */
import {
  create,
  type DescField,
  type DescMessage,
  type DescOneof,
  getOption,
  type Message,
} from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { rest_field } from "../../gen/gateway/v1/annotations_pb.ts";
import { BindingError } from "./fault.ts";
import { nearest } from "./suggest.ts";

export type DescFieldMessage = DescField & { fieldKind: "message" };

/** A message seen as what it is in memory: a plain object. */
export type Properties = Record<string, unknown>;

interface OneofValue {
  case: string | undefined;
  value?: unknown;
}

interface FieldIndex {
  readonly visible: readonly DescField[];
  readonly byName: ReadonlyMap<string, DescField>;
}

const indexes = new WeakMap<DescMessage, FieldIndex>();

/** The fields of the REST face in the order of their declaration: those that are not hidden. */
export function visibleFields(desc: DescMessage): readonly DescField[] {
  return indexOf(desc).visible;
}

/** The visible field with this snake_case or lowerCamelCase name. */
export function findField(desc: DescMessage, name: string): DescField | undefined {
  return indexOf(desc).byName.get(name);
}

/** The visible fields by all of their names. */
export function namedFields(desc: DescMessage): ReadonlyMap<string, DescField> {
  return indexOf(desc).byName;
}

/** The visible field's name that `name` was probably meant to be. */
export function nearestFieldName(desc: DescMessage, name: string): string | undefined {
  const index = indexOf(desc);
  const near = nearest(name, index.byName.keys());
  return near === undefined ? undefined : index.byName.get(near)?.name;
}

/** What is wrong with a second member of a oneof. */
export function oneofProblem({ fields }: DescOneof): string {
  const names = fields.map(({ name }) => `\`${name}\``).join(", ");
  return `is one too many: only one of ${names} may be given`;
}

function indexOf(desc: DescMessage): FieldIndex {
  const known = indexes.get(desc);
  if (known) return known;
  const visible = desc.fields.filter((field) => !getOption(field, rest_field).hidden);
  const byName = new Map<string, DescField>();
  for (const field of visible) byName.set(field.jsonName, field);
  for (const field of visible) byName.set(field.name, field);
  const index = { visible, byName };
  indexes.set(desc, index);
  return index;
}

/**
 * The fields that a path of proto names such as `book.author` goes through. Hidden ones are found too:
 * a path in an annotation is the author's own.
 * @throws BindingError when there is no such field, or one on the way is not a singular message
 */
export function resolveFieldPath(desc: DescMessage, path: string): readonly DescField[] {
  const fields: DescField[] = [];
  let current: DescMessage | undefined = desc;
  for (const name of path.split(".")) {
    const field: DescField | undefined = current?.fields.find(
      (candidate) => candidate.name === name,
    );
    if (field === undefined) throw new BindingError(`${desc.typeName} has no field "${path}"`);
    fields.push(field);
    current = field.fieldKind === "message" ? field.message : undefined;
  }
  return fields;
}

/**
 * The value of a field as it lies in memory, `undefined` when the field has presence and is not set.
 */
export function readField(message: Message, field: DescField): unknown {
  const properties = message as unknown as Properties;
  if (field.oneof !== undefined) {
    const chosen = properties[field.oneof.localName] as OneofValue;
    return chosen.case === field.localName ? chosen.value : undefined;
  }
  // The prototype of a proto2 message carries defaults; only its own properties are set.
  return Object.hasOwn(properties, field.localName) ? properties[field.localName] : undefined;
}

/** Sets a field to a value as it lies in memory; `undefined` clears it. */
export function writeField(message: Message, field: DescField, value: unknown): void {
  const properties = message as unknown as Properties;
  if (value === undefined) clearField(message, field);
  else if (field.oneof === undefined) properties[field.localName] = value;
  else properties[field.oneof.localName] = { case: field.localName, value };
}

function clearField(message: Message, field: DescField): void {
  const properties = message as unknown as Properties;
  if (field.oneof !== undefined) {
    const chosen = properties[field.oneof.localName] as OneofValue;
    if (chosen.case === field.localName) properties[field.oneof.localName] = { case: undefined };
    return;
  }
  const fresh = create(field.parent) as unknown as Properties;
  if (Object.hasOwn(fresh, field.localName)) properties[field.localName] = fresh[field.localName];
  else delete properties[field.localName];
}

/** The value at a path of fields, `undefined` when any of them is not set. */
export function readPath(message: Message, path: readonly DescField[]): unknown {
  let value: unknown = message;
  for (const field of path) {
    if (value === undefined) return undefined;
    value = readField(value as Message, field);
  }
  return value;
}

/** Sets the value at a path of fields, making the messages on the way. */
export function writePath(message: Message, path: readonly DescField[], value: unknown): void {
  let owner = message;
  for (const field of path.slice(0, -1)) {
    const next = readField(owner, field) ?? create((field as DescFieldMessage).message);
    writeField(owner, field, next);
    owner = next as Message;
  }
  const last = path.at(-1);
  if (last) writeField(owner, last, value);
}

/** Whether memory holds the bare value instead of the wrapper message: a singular one not in a oneof. */
export function isUnwrapped(field: DescField): boolean {
  return field.fieldKind === "message" && field.oneof === undefined && isWrapperDesc(field.message);
}
