/**
 * Node's two protocol servers, which never listen: they are handed sockets and hand back requests.
 * Every time-out of theirs is off, since none of them would hold; the conversations have their own.
 */
import http from "node:http";
import http2 from "node:http2";
import type { Socket } from "node:net";
import type { ConversationContext } from "./conversation.ts";
import type { Http1Conversation } from "./http1.ts";
import { headerListSize } from "./http2.ts";

/** Parses HTTP/1.1; every request and every failure goes to the socket's conversation. */
export function createHttp1Server(
  { limits }: ConversationContext,
  conversationOf: (socket: Socket) => Http1Conversation | undefined,
): http.Server {
  const server = http.createServer({
    maxHeaderSize: limits.maxHeaderBytes,
    // Announced to clients in `Keep-Alive`; Node would close only after the buffer, far too late to
    // be the one who does.
    keepAliveTimeout: limits.idleMs,
    keepAliveTimeoutBuffer: 24 * 3_600_000,
    headersTimeout: 0,
    requestTimeout: 0,
    requireHostHeader: false,
  });
  // The conversation decides what a client that has closed its side still gets.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on("request", (request, response) => {
    conversationOf(request.socket)?.onRequest(request, response);
  });
  server.on("clientError", (error, socket) => {
    const conversation = conversationOf(socket as Socket);
    if (conversation === undefined) socket.destroy();
    else conversation.onClientError(error);
  });
  return server;
}

/** Speaks HTTP/2; every request goes to the handler in Node's compatible form. */
export function createHttp2Server(context: ConversationContext): http2.Http2Server {
  const { limits, log, handle, encodeProtocolError } = context;
  const server = http2.createServer({
    settings: {
      maxConcurrentStreams: limits.maxConcurrentRequests,
      maxHeaderListSize: limits.maxHeaderBytes,
      enablePush: false,
    },
  });
  server.on("request", (request, response) => {
    // Node's compatible request and response stand in for those of HTTP/1.1 (as Fastify expects).
    const like1 = response as unknown as http.ServerResponse;
    if (headerListSize(request.rawHeaders) > limits.maxHeaderBytes) {
      const answer = encodeProtocolError("headers_too_large");
      like1.writeHead(answer.status, answer.headers).end(answer.body);
    } else {
      handle(request as unknown as http.IncomingMessage, like1);
    }
  });
  server.on("sessionError", (error) => log.debug({ err: error }, "an HTTP/2 session failed"));
  return server;
}
