/** A picture of coloured pixels, and its PNG (W3C, "Portable Network Graphics", second edition). */
import { crc32, deflateSync } from "node:zlib";

export type Colour = readonly [red: number, green: number, blue: number];

function chunk(type: string, body: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), body]);
  const around = Buffer.alloc(8);
  around.writeUInt32BE(body.length);
  around.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([around.subarray(0, 4), named, around.subarray(4)]);
}

export class Picture {
  readonly width: number;
  readonly height: number;
  readonly #rows: Uint8Array;

  constructor(width: number, height: number, [red, green, blue]: Colour) {
    this.width = width;
    this.height = height;
    this.#rows = new Uint8Array(height * (1 + 3 * width));
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) this.set(x, y, [red, green, blue]);
    }
  }

  /** Colours a pixel, counted from the upper left; outside nothing happens. */
  set(x: number, y: number, colour: Colour): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    this.#rows.set(colour, y * (1 + 3 * this.width) + 1 + 3 * x);
  }

  fill(x: number, y: number, width: number, height: number, colour: Colour): void {
    for (let v = Math.floor(y); v < y + height; v++) {
      for (let u = Math.floor(x); u < x + width; u++) this.set(u, v, colour);
    }
  }

  png(): Buffer {
    const head = Buffer.alloc(13);
    head.writeUInt32BE(this.width, 0);
    head.writeUInt32BE(this.height, 4);
    head.set([8, 2], 8); // eight bits of each of three colours
    return Buffer.concat([
      Buffer.from("89504e470d0a1a0a", "hex"),
      chunk("IHDR", head),
      chunk("IDAT", deflateSync(this.#rows)),
      chunk("IEND", new Uint8Array(0)),
    ]);
  }
}
