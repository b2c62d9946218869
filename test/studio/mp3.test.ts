/** The frames around the music: Info tag, CRCs, ID3; and lengths as a decoder restores them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { slice } from "../../src/studio/dsp/state.ts";
import { crc16 } from "../../src/studio/mp3/crc16.ts";
import { Mp3Encoder } from "../../src/studio/mp3/encoder.ts";
import { FrameCounter, readFrameHeader } from "../../src/studio/mp3/frames.ts";
import { id3Tag } from "../../src/studio/mp3/id3.ts";
import { decode, sine } from "./decode.ts";

/** A sine of so many samples as an MP3 without an ID3 tag. */
async function encoded(samples: number, tag: Uint8Array = Buffer.alloc(0)): Promise<Buffer> {
  const encoder = await Mp3Encoder.create(tag);
  const signal = sine(440, -6, samples / 44_100);
  const pieces: Buffer[] = [];
  for (let at = 0; at < samples; at += 5000) {
    pieces.push(Buffer.from(encoder.encode(slice(signal, at, Math.min(samples, at + 5000)))));
  }
  pieces.push(Buffer.from(encoder.finish()));
  return Buffer.concat([encoder.head(), ...pieces]);
}

test("CRC-16 has the check value of CRC-16/ARC", () => {
  expect(crc16(Buffer.from("123456789", "latin1"))).toBe(0xbb3d);
});

describe("the Info frame", () => {
  it("is a frame of its own that tells frames, bytes, delay, padding and CRCs", async () => {
    const samples = 50_000;
    const file = await encoded(samples);
    const header = readFrameHeader(file, 0)!;
    const music = file.subarray(header.length);
    const counter = new FrameCounter();
    counter.push(music);
    expect(header).toMatchObject({ bitrateKbps: 256, sampleRate: 44_100 });
    expect(header.channelMode).toBe(readFrameHeader(music, 0)!.channelMode);
    expect(file.toString("latin1", 36, 40)).toBe("Info");
    expect(file.readUInt32BE(40)).toBe(0b1111);
    expect(file.readUInt32BE(44)).toBe(counter.count);
    expect(file.readUInt32BE(48)).toBe(file.length);
    expect(file.toString("latin1", 156, 165)).toBe("LAME3.100");
    const delay = (file[177]! << 4) | (file[178]! >> 4);
    const padding = ((file[178]! & 0xf) << 8) | file[179]!;
    expect(delay + samples + padding).toBe(counter.count * 1152);
    expect(file.readUInt32BE(184)).toBe(file.length);
    expect(file.readUInt16BE(188)).toBe(crc16(music));
    expect(file.readUInt16BE(190)).toBe(crc16(file.subarray(0, 190)));
  });
});

test.each([1, 575, 1152, 1153, 44_100, 65_535, 100_000])(
  "%d samples are %d samples when decoded",
  async (samples) => {
    const folder = mkdtempSync(join(tmpdir(), "studio-mp3-"));
    try {
      const path = join(folder, "a.mp3");
      writeFileSync(path, await encoded(samples, id3Tag({ TIT2: "Länge" })));
      expect((await decode(path)).left.length).toBe(samples);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test("the decoded sine is where it was, sample by sample", async () => {
  const folder = mkdtempSync(join(tmpdir(), "studio-mp3-"));
  try {
    const path = join(folder, "a.mp3");
    writeFileSync(path, await encoded(44_100));
    const { left } = await decode(path);
    const original = sine(440, -6, 1).left;
    for (let i = 2000; i < 42_000; i += 37) {
      expect(Math.abs(left[i]! - original[i]!)).toBeLessThan(0.02);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("an ID3v2.4 tag holds its texts in UTF-8, its sizes syncsafe", () => {
  const title = "Étude 🎹 ".repeat(20);
  const tag = Buffer.from(id3Tag({ TIT2: title, TKEY: "F#m" }));
  const size = (at: number) =>
    tag.subarray(at, at + 4).reduce((value, byte) => (value << 7) | byte, 0);
  expect(tag.toString("latin1", 0, 3)).toBe("ID3");
  expect([...tag.subarray(3, 6)]).toEqual([4, 0, 0]);
  expect(size(6)).toBe(tag.length - 10);
  expect(tag.toString("latin1", 10, 14)).toBe("TIT2");
  expect(tag[20]).toBe(3);
  expect(tag.toString("utf8", 21, 20 + size(14))).toBe(title);
  const second = 20 + size(14);
  expect(tag.toString("latin1", second, second + 4)).toBe("TKEY");
  expect(tag.toString("utf8", second + 11)).toBe("F#m");
});

test("a stream that is not frame after frame is not counted", () => {
  expect(() => new FrameCounter().push(Buffer.from("not an mp3"))).toThrow("no MPEG frame");
});
