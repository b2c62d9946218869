/** Every face of a service. */

import type { Endpoints, Face } from "./face.ts";
import { connectFace } from "./face-connect.ts";
import { grpcFace } from "./face-grpc.ts";
import { restFace } from "./face-rest.ts";

export const faces: Readonly<Record<string, (at: Endpoints) => Face>> = {
  "gRPC on its own port": (at) => grpcFace("grpc-js", at.grpcAddress, at),
  "gRPC on the one port": (at) => grpcFace("grpc-js, one port", new URL(at.url).host, at),
  "Connect over HTTP/1.1": (at) => connectFace("Connect", "connect", "1.1", at),
  "Connect over HTTP/2": (at) => connectFace("Connect, HTTP/2", "connect", "2", at),
  "gRPC-Web": (at) => connectFace("gRPC-Web", "grpc-web", "1.1", at),
  "REST and SSE": (at) => restFace("REST, SSE", "sse", at),
  "REST and NDJSON": (at) => restFace("REST, NDJSON", "ndjson", at),
};
