/** Texts of ours that callers hand back: signed media URLs and page tokens, almost as we made them. */
import fc from "fast-check";
import { headerValue, mutated, text } from "./hostile.ts";
import { answersIn, speak } from "./http-answer.ts";
import { judgeHttp, Offence } from "./judge.ts";
import { organization, type Target, trackBytes } from "./target.ts";

interface TextRequest {
  /** Path and query. */
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
}

/** A change within what a request line can hold. */
const inserts = fc.oneof(
  fc.constantFrom(
    "&",
    "?",
    "/",
    "//",
    "..",
    "%2e%2e",
    "%00",
    "=",
    "&key=k2",
    "&expires=9",
    "+",
    "~",
  ),
  fc.stringMatching(/^[!-~]{1,3}$/),
);

const almost = (genuine: string) =>
  mutated(
    fc.constant(Buffer.from(genuine)),
    inserts.map((each) => Buffer.from(each)),
  ).map((bytes) => Buffer.from(bytes).toString("latin1"));

const range = fc.oneof(
  fc.constantFrom("bytes=0-0", "bytes=-1", "bytes=9-", "bytes=99-", "bytes=0-1,3-4", "bytes=5-2"),
  fc.tuple(fc.bigInt(), fc.bigInt()).map(([from, to]) => `bytes=${from}-${to}`),
  headerValue,
);

const conditions = fc.array(
  fc.oneof(
    fc.tuple(fc.constant("Range"), range),
    fc.tuple(
      fc.constantFrom("If-Range", "If-None-Match", "If-Match", "If-Modified-Since"),
      headerValue,
    ),
  ),
  { maxLength: 3 },
);

export function mediaRequests({ known }: Target): fc.Arbitrary<TextRequest> {
  const url = fc.oneof(
    { weight: 1, arbitrary: fc.constant(known.media) },
    { weight: 3, arbitrary: almost(known.media) },
  );
  return fc.record({ url, headers: conditions });
}

export function pageRequests({ known }: Target): fc.Arbitrary<TextRequest> {
  const base = `/v1/music/${organization}/generations`;
  const made = fc
    .tuple(
      fc.oneof(fc.bigInt({ min: 0n }).map(String), text),
      fc.oneof(fc.constant("mgen_1"), text),
    )
    .map(([time, id]) => Buffer.from(`${time}.${id}`).toString("base64url"));
  const token = fc.oneof(
    { weight: 3, arbitrary: almost(known.pageToken) },
    { weight: 3, arbitrary: made },
    { weight: 1, arbitrary: text.map((each) => encodeURIComponent(each.toWellFormed())) },
  );
  const url = token.map((each) => `${base}?limit=1&page_token=${each}`);
  return fc.record({ url, headers: fc.constant([["X-API-Key", known.key] as const]) });
}

/** @throws Offence */
export async function sendText(target: Target, { url, headers }: TextRequest): Promise<void> {
  const lines = [
    `GET ${url} HTTP/1.1`,
    "Host: music.test",
    "Connection: close",
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  const bytes = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  const { text: received, ended } = await speak(target.port, [bytes]);
  const [answer] = answersIn(received);
  if (!ended || answer === undefined) throw new Offence(`no answer, but "${received}"`);
  judgeHttp(answer);
  const isMedia = answer.status === 200 && url.startsWith("/media/");
  if (isMedia && answer.body !== trackBytes) throw new Offence(`other bytes: "${received}"`);
}
