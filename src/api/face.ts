/** Which face a call came by, for those who count. */
import { type ContextValues, createContextKey } from "@connectrpc/connect";

/** Set by faces that speak one protocol; the others are told by the content type. */
export const faceKey = createContextKey<string>("", { description: "face" });

/** `rest`, `grpc`, `grpc-web` or `connect`. */
export function faceOf(header: Headers, values: ContextValues): string {
  const known = values.get(faceKey);
  if (known !== "") return known;
  const type = header.get("content-type") ?? "";
  if (type.startsWith("application/grpc-web")) return "grpc-web";
  return type.startsWith("application/grpc") ? "grpc" : "connect";
}
