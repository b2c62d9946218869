/** The span of one call, on any face: it continues the caller's trace and is what a job's trace leads on from. */

import type { DescMethod } from "@bufbuild/protobuf";
import { type ContextValues, createContextKey } from "@connectrpc/connect";
import { type Span, SpanKind, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import { contextOf, traceparentFrom, traceparentOf } from "../base/trace-context.ts";

const spanKey = createContextKey<Span | null>(null, { description: "span" });

/** Begins it; null when nobody collects traces. */
export function beginCallSpan(
  tracer: Tracer | null,
  call: {
    readonly method: DescMethod;
    readonly header: Headers;
    readonly contextValues: ContextValues;
  },
  face: string,
): Span | null {
  if (tracer === null) return null;
  const { method, header, contextValues } = call;
  const service = method.parent.typeName;
  const attributes = { "rpc.service": service, "rpc.method": method.name, "music.face": face };
  const parent = contextOf(header.get("traceparent"));
  const options = { kind: SpanKind.SERVER, attributes };
  const span = tracer.startSpan(`${service}/${method.name}`, options, parent);
  contextValues.set(spanKey, span);
  return span;
}

/** @param code `OK`, or the code of the error table; `isOurs` says whether the fault is the service's */
export function endCallSpan(span: Span | null, code: string, isOurs: boolean): void {
  if (span === null) return;
  span.setAttribute("music.code", code);
  if (isOurs) span.setStatus({ code: SpanStatusCode.ERROR, message: code });
  span.end();
}

/** What a job that this call makes leads on from; null when the caller sent nothing and nobody collects. */
export function traceparentIn(values: ContextValues, header: Headers): string | null {
  const span = values.get(spanKey);
  return span === null ? traceparentOf(header.get("traceparent")) : traceparentFrom(span);
}
