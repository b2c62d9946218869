/**
 * Content codings of answers (RFC 9110, section 12.5.3), by Node's own zlib: the answer is one string in
 * memory, so it is encoded in one go, off the main thread, and keeps its `Content-Length`.
 */
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

export type ContentCoding = "br" | "gzip" | "identity";

/** Below this many bytes an answer fits a packet or two, and encoding it gains nothing. */
export const leastEncodedBytes = 1_024;

const encodeGzip = promisify(gzip);
const encodeBrotli = promisify(brotliCompress);
/** Fast, and still smaller than gzip on JSON; the default (11) takes a hundred times as long. */
const brotliQuality = 4;

/** The coding that `Accept-Encoding` wants most, Brotli before gzip; without the header, none. */
export function negotiateCoding(header: string | undefined): ContentCoding {
  if (header === undefined) return "identity";
  const wanted = new Map<string, number>();
  for (const part of header.toLowerCase().split(",")) {
    const [coding = "", ...parameters] = part.split(";").map((each) => each.trim());
    const quality = parameters.find((each) => each.startsWith("q="))?.slice(2);
    wanted.set(coding, quality === undefined ? 1 : Number(quality));
  }
  const qualityOf = (coding: string) => wanted.get(coding) ?? wanted.get("*") ?? 0;
  let best: ContentCoding = "identity";
  // A coding that is asked for goes before none, which is always allowed, unless none is asked for more.
  let most = wanted.get("identity") ?? 0;
  for (const coding of ["gzip", "br"] as const) {
    const quality = qualityOf(coding);
    if (quality > 0 && quality >= most) [best, most] = [coding, quality];
  }
  return best;
}

/** `text` in this coding. */
export function encode(text: string, coding: "br" | "gzip"): Promise<Buffer> {
  if (coding === "gzip") return encodeGzip(text);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: brotliQuality,
    [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
  };
  return encodeBrotli(text, { params });
}
