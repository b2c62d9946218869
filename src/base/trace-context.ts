/**
 * W3C Trace Context: which trace a request is part of. It comes in the header `traceparent`, is kept on the job,
 * and leads on from there in the worker; a log line bears the trace's id whether or not anyone collects traces.
 */
import {
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  trace,
} from "@opentelemetry/api";

const wellFormed = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The parts of a header that is one (Trace Context, section 3.2), and the part of it that is version 00. */
function parse(sent: string | null | undefined): (SpanContext & { readonly text: string }) | null {
  const [text, version, traceId = "", spanId = "", flags = "", more] =
    wellFormed.exec(sent ?? "") ?? [];
  if (text === undefined || text.length > 256 || version === "ff") return null;
  // A later version than ours may have more fields at its end.
  if (version === "00" && more !== undefined) return null;
  const parts = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(parts) ? { ...parts, text } : null;
}

/** The header `traceparent` as it was sent, or null when it is none. */
export function traceparentOf(sent: string | null | undefined): string | null {
  return parse(sent)?.text ?? null;
}

/** The id of the trace: what is searched for. Null for a text that is no `traceparent`. */
export function traceIdOf(traceparent: string | null | undefined): string | null {
  return parse(traceparent)?.traceId ?? null;
}

/** What a span is begun in that continues the trace of `traceparent`, or begins one without it. */
export function contextOf(traceparent: string | null | undefined): Context {
  const parts = parse(traceparent);
  return parts === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parts);
}

/** The `traceparent` that leads on from a span. */
export function traceparentFrom(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}
