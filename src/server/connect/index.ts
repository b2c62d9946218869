/** The RPC protocols on the HTTP application, for the composition root. */
export { type ConnectFaceOptions, type ConnectFault, registerConnect } from "./plugin.ts";
