/** HTTP/1.1 by hand: bytes out on a connection of their own, and every answer that came until its end. */
import net from "node:net";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How long the service may take to end a connection whose client has said all. */
export const patienceMs = 20_000;

export interface Spoken {
  /** Everything that was received, in Latin-1. */
  readonly text: string;
  /** Whether the service ended the connection; else the client gave up on it. */
  readonly ended: boolean;
}

/**
 * Sends `pieces`, closes the sending side, and reads until the service ends the connection, or until what came
 * satisfies `enough`.
 */
export function speak(
  port: number,
  pieces: readonly Uint8Array[],
  enough: (text: string) => boolean = () => false,
): Promise<Spoken> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
    let text = "";
    const finish = (ended: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, ended });
    };
    const timer = setTimeout(() => finish(false), patienceMs);
    socket.setEncoding("latin1");
    socket.on("data", (more: string) => {
      text += more;
      if (enough(text)) finish(true);
    });
    // A reset is an end like any other: what had come by then counts.
    socket.on("error", () => undefined);
    socket.on("close", () => finish(true));
    socket.on("connect", () => {
      for (const piece of pieces) socket.write(piece);
      socket.end();
    });
  });
}

/** The answers in what was received; interim ones (1xx) are left out, and so is one that was cut off. */
export function answersIn(text: string, isHead = false): HttpAnswer[] {
  const answers: HttpAnswer[] = [];
  let rest = text;
  for (;;) {
    const headEnd = rest.indexOf("\r\n\r\n");
    const [line = "", ...lines] = rest.slice(0, Math.max(0, headEnd)).split("\r\n");
    const [, code] = /^HTTP\/1\.1 (\d{3}) /.exec(line) ?? [];
    if (code === undefined) return answers;
    const status = Number(code);
    const headers = headersOf(lines);
    rest = rest.slice(headEnd + 4);
    if (status < 200) continue;
    const body = isHead || status === 204 || status === 304 ? noBody(rest) : bodyOf(rest, headers);
    if (body === null) return answers;
    answers.push({ status, headers, body: body.text });
    rest = body.rest;
  }
}

function headersOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

interface Body {
  readonly text: string;
  readonly rest: string;
}

const noBody = (rest: string): Body => ({ text: "", rest });

/** Null when it was cut off. */
function bodyOf(rest: string, headers: Readonly<Record<string, string>>): Body | null {
  if (headers["transfer-encoding"] === "chunked") return chunkedBody(rest);
  const { "content-length": length } = headers;
  if (length === undefined) return { text: rest, rest: "" };
  if (rest.length < Number(length)) return null;
  return { text: rest.slice(0, Number(length)), rest: rest.slice(Number(length)) };
}

function chunkedBody(text: string): Body | null {
  let body = "";
  let at = 0;
  for (;;) {
    const line = text.indexOf("\r\n", at);
    if (line < 0) return null;
    const size = Number.parseInt(text.slice(at, line), 16);
    body += text.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
    if (at > text.length) return null;
    if (size === 0) return { text: body, rest: text.slice(at) };
  }
}
