/**
 * Traces by OpenTelemetry, sent to a collector (OTLP over HTTP, protobuf). Nothing of the SDK is loaded unless
 * there is an endpoint to send to; without one there is no tracer, and nobody makes a span.
 */
import type { Tracer } from "@opentelemetry/api";
import type { Clock } from "../base/clock.ts";
import { withTimeLimit } from "../base/time-limit.ts";

export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what is left, within two seconds: a collector that is gone must not hold up a stop. */
  stop(): Promise<void>;
}

const stopLimitMs = 2_000;

/**
 * Spans are kept in memory and sent in batches; when the collector does not keep up they are dropped.
 * @param endpoint of the collector, for example http://127.0.0.1:4318; OpenTelemetry's other variables, such as
 *   `OTEL_EXPORTER_OTLP_HEADERS`, are read by its exporter
 */
export async function startTracing(endpoint: string, clock: Clock): Promise<Tracing> {
  const [
    { BatchSpanProcessor, TracerProvider },
    { OTLPTraceExporter },
    { resourceFromAttributes },
  ] = await Promise.all([
    import("@opentelemetry/sdk-trace"),
    import("@opentelemetry/exporter-trace-otlp-proto"),
    import("@opentelemetry/resources"),
  ]);
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, "")}/v1/traces` });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": "music-generations" }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  return {
    tracer: provider.getTracer("music-generations"),
    stop: () =>
      withTimeLimit(clock, "the collector", stopLimitMs, () => provider.shutdown()).catch(
        () => undefined,
      ),
  };
}
