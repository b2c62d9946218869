/** The one-port listener, for the composition root. */
export { defaultListenerLimits, type ListenerLimits } from "./limits.ts";
export { createListener, type Listener, type ListenerOptions } from "./listener.ts";
export type {
  EncodeProtocolError,
  ProtocolErrorAnswer,
  ProtocolErrorKind,
} from "./protocol-error.ts";
