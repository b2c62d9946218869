/** What any answer must be, whatever was asked: a success, or an error of the one table, told in full. */
import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../gen/google/rpc/status_pb.ts";
import { encodings } from "../../src/api/errors.ts";
import { type FailureCode, failures } from "../../src/generations/failures.ts";
import type { HttpAnswer } from "./http-answer.ts";
import { knownOrigin } from "./target.ts";

const codes = new Set<string>(Object.values(failures).map(({ code }) => code));

/** Nothing that a caller sends may end in these. */
const ours = new Set<string>(["INTERNAL_ERROR", "SERVICE_UNAVAILABLE"]);

export class Offence extends Error {}

function offence(what: string, answer: unknown): never {
  throw new Offence(`${what}: ${JSON.stringify(answer)}`);
}

/** The code of the table that an error has. */
function checkedCode(code: unknown, answer: unknown): FailureCode {
  if (typeof code !== "string" || !codes.has(code)) offence("not in the error table", answer);
  if (ours.has(code)) offence("a fault of ours", answer);
  return code as FailureCode;
}

/** @throws Offence unless the answer is a success, or the envelope of an error of the table */
export function judgeHttp(answer: HttpAnswer): void {
  const { status, headers, body } = answer;
  const { "access-control-allow-origin": origin = knownOrigin } = headers;
  if (![knownOrigin, "*"].includes(origin)) offence("an origin that is not known", answer);
  if (status < 400) return;
  // The answer to HEAD has no body.
  if (body === "" && headers["content-length"] !== "0") return;
  let envelope: { error?: Record<string, unknown>; success?: unknown } & ConnectError;
  try {
    envelope = JSON.parse(body);
  } catch {
    offence("an error without an envelope", answer);
  }
  if (typeof envelope.code === "string") {
    judgeConnect(envelope);
    return;
  }
  const code = checkedCode(envelope.error?.["code"], answer);
  if (encodings[code].status !== status) offence("the wrong status", answer);
  if (envelope.success !== false) offence("not the envelope", answer);
  if (envelope.error?.["trace_id"] !== headers["x-request-id"]) offence("two ids", answer);
  if (headers["cache-control"] !== "no-store") offence("an error that may be cached", answer);
}

/** @throws Offence unless the code, and its details, are those of the table */
export function judgeGrpc(answer: {
  readonly code: number;
  readonly details: Uint8Array | null;
  readonly sent?: unknown;
}): void {
  if (answer.code === 0) return;
  if (answer.details === null) offence("an error without details", answer);
  const { details } = fromBinary(StatusSchema, answer.details);
  const info = details.map((each) => anyUnpack(each, ErrorInfoSchema)).find(Boolean);
  const code = checkedCode(info?.reason, { ...answer, info });
  if (encodings[code].rpc !== answer.code) offence("the wrong code", { ...answer, info });
}

interface ConnectError {
  readonly code?: unknown;
  readonly details?: readonly { readonly type?: string; readonly value?: string }[];
}

/** The same for the JSON of a Connect error. */
export function judgeConnect(error: ConnectError): void {
  const sent = error.details?.find(({ type }) => type === ErrorInfoSchema.typeName);
  if (sent?.value === undefined) offence("an error without details", error);
  const info = fromBinary(ErrorInfoSchema, Buffer.from(sent.value, "base64"));
  const code = checkedCode(info.reason, error);
  if (codeToString(encodings[code].rpc) !== error.code) offence("the wrong code", error);
}

/** As the Connect protocol spells it. */
function codeToString(code: Code): string {
  return (Code[code] ?? "").replaceAll(/(?<=.)[A-Z]/g, "_$&").toLowerCase();
}
