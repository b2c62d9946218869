/** Sends calls, over HTTP/1.1 and over HTTP/2, and judges what comes. */
import http2 from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { createEndStreamSerialization, endStreamFlag } from "@connectrpc/connect/protocol-connect";
import { trailerFlag, trailerParse } from "@connectrpc/connect/protocol-grpc-web";
import { answersIn, patienceMs, speak } from "./http-answer.ts";
import { judgeGrpc, judgeHttp, Offence } from "./judge.ts";
import type { RpcCall } from "./rpc.ts";
import type { Target } from "./target.ts";

/** Over HTTP/1.1: Connect and gRPC-Web. @throws Offence */
export async function sendRpcByHttp1(target: Target, call: RpcCall): Promise<void> {
  const lines = [
    `POST ${call.path} HTTP/1.1`,
    "Host: music.test",
    "Connection: close",
    ...Object.entries(call.headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${call.body.length}`,
  ];
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  const { text, ended } = await speak(target.port, [Buffer.concat([head, call.body])]);
  const [answer] = answersIn(text);
  if (!ended || answer === undefined) throw new Offence(`no answer, but "${text}"`);
  judgeBody(answer.status, answer.headers, Buffer.from(answer.body, "latin1"), answer);
}

/** Whatever the protocol: the error in the body, if there is one. */
function judgeBody(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  answer: Parameters<typeof judgeHttp>[0],
): void {
  const type = headers["content-type"] ?? "";
  if (status !== 200) {
    // What is not a call of any protocol is answered as any other request would be.
    judgeHttp(answer);
    return;
  }
  if (type.startsWith("application/grpc-web")) judgeTrailers(frameOf(body, trailerFlag));
  if (type.startsWith("application/connect")) judgeEnd(frameOf(body, endStreamFlag));
}

const endStream = createEndStreamSerialization(undefined);

function judgeEnd(bytes: Buffer | null): void {
  if (bytes === null) throw new Offence("a stream without an end");
  const { error } = endStream.parse(bytes);
  if (error instanceof ConnectError) {
    const details = error.details as { type: string; value: Uint8Array }[];
    judgeConnectDetails(error, details);
  }
}

function judgeConnectDetails(error: ConnectError, details: { type: string; value: Uint8Array }[]) {
  const status = details.find(({ type }) => type === "google.rpc.ErrorInfo");
  if (status === undefined) throw new Offence(`an error without details: ${error}`);
}

function judgeTrailers(bytes: Buffer | null): void {
  if (bytes === null) throw new Offence("an answer without trailers");
  const trailer = trailerParse(bytes);
  judgeGrpc({
    code: Number(trailer.get("grpc-status")),
    details: detailsIn(trailer.get("grpc-status-details-bin")),
  });
}

function detailsIn(text: string | null | undefined): Uint8Array | null {
  return text ? Buffer.from(text, "base64") : null;
}

/** What the frame with this flag holds; null without one. */
function frameOf(body: Buffer, flag: number): Buffer | null {
  for (let at = 0; at + 5 <= body.length; at += 5 + body.readUInt32BE(at + 1)) {
    if (((body[at] ?? 0) & flag) !== 0) return body.subarray(at + 5);
  }
  return null;
}

/** One session for each port, made again when the service has ended it. */
export class GrpcSender {
  readonly #port: number;
  #session: http2.ClientHttp2Session | null = null;

  constructor(port: number) {
    this.#port = port;
  }

  /** @throws Offence */
  async send({ path, headers, body }: RpcCall): Promise<void> {
    const stream = this.#open().request({
      ":method": "POST",
      ":path": path,
      te: "trailers",
      ...headers,
    });
    const said: Record<string, string> = {};
    let text = "";
    stream.on("response", (received) => Object.assign(said, received));
    stream.on("trailers", (received) => Object.assign(said, received));
    stream.on("error", () => undefined);
    stream.setEncoding("latin1");
    stream.on("data", (more: string) => {
      text += more;
    });
    stream.end(body);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      stream.destroy();
    }, patienceMs);
    await new Promise((resolve) => stream.once("close", resolve));
    clearTimeout(timer);
    if (isLate) throw new Offence(`no answer in time, but ${JSON.stringify(said)} "${text}"`);
    // Without a word only where the grammar of HTTP/2 itself was broken: then the stream is reset.
    if (said[":status"] === undefined && stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR)
      return;
    const { ":status": status, "grpc-status": code } = said;
    if (code === undefined) {
      // What is not a call of any protocol is answered as any other request would be.
      judgeHttp({ status: Number(status), headers: said, body: text });
      if (Number(status) === 200) throw new Offence(`no status: ${JSON.stringify(said)}`);
      return;
    }
    // Health and reflection have errors of their own for what they do not know.
    const unknown = [Code.NotFound, Code.Unimplemented].includes(Number(code));
    if (!path.startsWith("/music.") && unknown) return;
    const details = detailsIn(said["grpc-status-details-bin"]);
    judgeGrpc({ code: Number(code), details, sent: said });
  }

  close(): void {
    this.#session?.destroy();
  }

  #open(): http2.ClientHttp2Session {
    if (this.#session === null || this.#session.closed || this.#session.destroyed) {
      this.#session = http2.connect(`http://127.0.0.1:${this.#port}`);
      this.#session.on("error", () => undefined);
    }
    return this.#session;
  }
}
