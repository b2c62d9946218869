/**
 * Answers calls of methods that no service has. grpc-js looks a path up by `_retrieveHandler` and answers by
 * itself, without details, when there is none; it has no other place to say more. The version of the package
 * is exact, and the conformance suite would notice a change.
 */
import type { Metadata, Server } from "@grpc/grpc-js";
import type { GrpcStatus } from "./status.ts";

interface Handler {
  readonly type: "unary";
  readonly path: string;
  readonly func: (call: { metadata: Metadata }, callback: (answer: GrpcStatus) => void) => void;
  readonly serialize: (value: Buffer) => Buffer;
  readonly deserialize: (bytes: Buffer) => Buffer;
}

interface LooksUp {
  _retrieveHandler(path: string): unknown;
}

/** Makes `server` answer such calls with the status that `answer` gives. */
export function answerUnknownMethods(
  server: Server,
  answer: (path: string, metadata: Metadata) => GrpcStatus,
): void {
  const looksUp = server as unknown as LooksUp;
  const lookUp = looksUp._retrieveHandler.bind(server);
  looksUp._retrieveHandler = (path) => lookUp(path) ?? unknown(path, answer);
}

function unknown(path: string, answer: (path: string, metadata: Metadata) => GrpcStatus): Handler {
  const same = (value: Buffer) => value;
  return {
    type: "unary",
    path,
    func: (call, callback) => callback(answer(path, call.metadata)),
    serialize: same,
    deserialize: same,
  };
}
