/** Bytes that are almost HTTP/1.1, and some that are not at all. */
import fc from "fast-check";
import { bytes, mutated } from "./hostile.ts";
import { answersIn, speak } from "./http-answer.ts";
import { judgeHttp, Offence } from "./judge.ts";
import { organization, type Target } from "./target.ts";

const inserts = fc.oneof(
  fc
    .constantFrom(
      "\r\n",
      "\r",
      "\n",
      "\0",
      " ",
      ":",
      "\r\n\r\n",
      "Transfer-Encoding: chunked\r\n",
      "Transfer-Encoding: gzip, chunked\r\n",
      "Content-Length: 5\r\n",
      "Content-Length: -1\r\n",
      "Content-Length: 99999999999999999999\r\n",
      "Expect: 100-continue\r\n",
      "Expect: something\r\n",
      "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
      "Upgrade: websocket\r\nConnection: Upgrade\r\n",
      "Host: \r\n",
      "Connection: close\r\n",
      "HTTP/1.0",
      "HTTP/2.0",
      "HTTP/9.9",
      "CONNECT ",
      "\x16\x03\x01\x02\x00",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      `X-Long: ${"x".repeat(17_000)}\r\n`,
    )
    .map((text) => Buffer.from(text, "latin1")),
  fc.uint8Array({ minLength: 1, maxLength: 6 }),
);

function requests(target: Target): fc.Arbitrary<Uint8Array> {
  const key = `X-API-Key: ${target.known.key}\r\n`;
  const base = `/v1/music/${organization}`;
  const head = (line: string) => `${line} HTTP/1.1\r\nHost: music.test\r\n${key}`;
  const create = '{"engine":"studio","prompt":"rain","duration_seconds":5}';
  const post = `${head(`POST ${base}/generations`)}Content-Type: application/json\r\n`;
  return fc
    .constantFrom(
      `${head(`GET ${base}/engines`)}\r\n`,
      `${head(`GET ${target.known.media}`)}Range: bytes=0-3\r\n\r\n`,
      `${post}Content-Length: ${create.length}\r\n\r\n${create}`,
      `${post}Transfer-Encoding: chunked\r\n\r\n${create.length.toString(16)};a=b\r\n${create}\r\n0\r\n\r\n`,
      `${head("OPTIONS *")}\r\n`,
      `${head("POST /music.v1.MusicGenerations/ListEngines")}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
    )
    .map((text) => Buffer.from(text));
}

/** The pieces that a client writes, one after the other. */
export function http1Bytes(target: Target): fc.Arbitrary<Uint8Array[]> {
  const one = fc.oneof(
    { weight: 8, arbitrary: mutated(requests(target), inserts) },
    { weight: 1, arbitrary: bytes },
  );
  return fc.array(one, { minLength: 1, maxLength: 2 });
}

/** @throws Offence */
export async function sendHttp1(target: Target, pieces: readonly Uint8Array[]): Promise<void> {
  const { text, ended } = await speak(target.port, pieces);
  if (!ended) throw new Offence(`the connection was not ended; it said ${text}`);
  for (const answer of answersIn(text)) judgeHttp(answer);
}
