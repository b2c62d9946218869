/** Frames of HTTP/2, on both ports: right ones in odd places, and what no encoder would write. */
import http2 from "node:http2";
import fc from "fast-check";
import { frame, http2Preface } from "../server/support.ts";
import { bytes, mutated } from "./hostile.ts";
import { speak } from "./http-answer.ts";
import { Offence } from "./judge.ts";
import type { Target } from "./target.ts";

const settings = Buffer.from(http2.getPackedSettings({ enablePush: false }));

/** Header blocks in HPACK (RFC 7541): indexed fields of the static table, literals, and what is neither. */
const block = fc.oneof(
  fc.constantFrom(
    // :method POST, :scheme http, :path /, :authority a, and a content type.
    Buffer.from([0x83, 0x86, 0x84, 0x41, 0x01, 0x61]),
    Buffer.from([0x82, 0x86, 0x84, 0x41, 0x01, 0x61]),
    Buffer.concat([
      Buffer.from([0x83, 0x86, 0x44, 0x19]),
      Buffer.from("/music.v1.MusicGenerations"),
    ]),
    // An index that is not there, a size update, an integer without an end.
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]),
    Buffer.from([0x3f, 0xe1, 0xff, 0x03]),
    Buffer.alloc(40, 0xff),
  ),
  bytes,
);

const oneFrame = fc.oneof(
  fc
    .record({ flags: fc.constantFrom(0, 1, 4, 5, 0x25), stream: fc.nat(7), data: block })
    .map(({ flags, stream, data }) => frame(1, flags, stream, data)),
  fc
    .record({ type: fc.nat(12), flags: fc.nat(255), stream: fc.nat(7), data: bytes })
    .map(({ type, flags, stream, data }) => frame(type, flags, stream, data)),
  // A frame whose length lies.
  fc.constant(Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1])),
  // RST_STREAM, PING, WINDOW_UPDATE, GOAWAY as they should be, by the dozen.
  fc
    .tuple(
      fc.constantFrom([3, 4], [6, 8], [8, 4], [7, 8]),
      fc.nat(3),
      fc.integer({ min: 1, max: 30 }),
    )
    .map(([[type = 6, size = 8], stream, times]) =>
      Buffer.concat(Array<Buffer>(times).fill(frame(type, 0, stream, Buffer.alloc(size, 1)))),
    ),
);

export const http2Bytes: fc.Arbitrary<Uint8Array[]> = fc
  .array(oneFrame, { maxLength: 6 })
  .chain((frames) => {
    const whole = [Buffer.from(http2Preface), frame(4, 0, 0, settings), ...frames];
    return fc.oneof(
      { weight: 4, arbitrary: fc.constant<Uint8Array[]>(whole) },
      {
        weight: 1,
        arbitrary: mutated(fc.constant(Buffer.concat(whole)), bytes).map((each) => [each]),
      },
    );
  });

/** @throws Offence when the service does not end the connection of a client that has ended it */
export async function sendHttp2(
  target: Target,
  port: "port" | "grpcPort",
  pieces: readonly Uint8Array[],
): Promise<void> {
  const { ended } = await speak(target[port], pieces);
  if (!ended) throw new Offence("the connection was not ended");
}
