/** The gRPC port, for the composition root. */
export type { PortFault } from "./guard.ts";
export { defaultGrpcLimits, type GrpcLimits } from "./limits.ts";
export { GrpcListener, type GrpcListenerOptions } from "./listener.ts";
