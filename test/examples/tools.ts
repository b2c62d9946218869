/** Which tools this machine has, for tests of what is written in other languages. */
import { spawnSync } from "node:child_process";

/** Whether the command runs and exits with 0. */
export function has(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore", timeout: 120_000 }).status === 0;
}

export const hasCurl = has("curl", "--version");
export const hasGrpcurl = has("grpcurl", "--version");
export const hasPythonRequests = has("python3", "-c", "import requests");
export const hasPythonGrpc = has("python3", "-c", "import grpc, grpc_tools");
