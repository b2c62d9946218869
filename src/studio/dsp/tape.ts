/**
 * What an old tape and a dusty record do to a mix: a pitch that wavers a little, hiss and crackle. The
 * noise is a hash of the sample's index, so it needs no generator state.
 */
import { type StateArray, type Stateful, type Stereo, sampleRate } from "./state.ts";

export interface TapeSettings {
  /** Depth of the pitch's wavering, in milliseconds of delay. */
  readonly wowMs: number;
  /** Level of hiss and crackle, from 0 to 1. */
  readonly dust: number;
}

const lineFrames = 1024;
const wowHertz = 0.55;
const flutterHertz = 6.3;
/** The chance of a crackle starting at a sample. */
const crackleChance = 0.00012;

/** A number in [0, 1) for each index: the finalizer of MurmurHash3. */
function noiseAt(index: number): number {
  let h = Math.imul(index ^ (index >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}

export class Tape implements Stateful {
  readonly #settings: TapeSettings;
  readonly #lines = [new Float32Array(lineFrames), new Float32Array(lineFrames)] as const;
  /** Frames processed so far. */
  readonly #clock = new Int32Array(1);
  /** Decaying crackle left and right. */
  readonly #crackle = new Float64Array(2);

  constructor(settings: TapeSettings) {
    this.#settings = settings;
  }

  get state(): readonly StateArray[] {
    return [...this.#lines, this.#clock, this.#crackle];
  }

  /** Plays `buffer` through the tape, in place. */
  process(buffer: Stereo): void {
    this.#wow(buffer);
    this.#dust(buffer);
    this.#clock[0]! += buffer.left.length;
  }

  #wow({ left, right }: Stereo): void {
    const [lineLeft, lineRight] = this.#lines;
    const clock = this.#clock[0]!;
    const depth = Math.min((this.#settings.wowMs / 1000) * sampleRate, lineFrames / 2 - 8);
    for (let i = 0; i < left.length; i++) {
      const frame = clock + i;
      const time = frame / sampleRate;
      const slow = Math.sin(2 * Math.PI * wowHertz * time);
      const fast = Math.sin(2 * Math.PI * flutterHertz * time);
      const delay = 4 + depth * (1 + 0.9 * slow + 0.08 * fast);
      const whole = Math.floor(delay);
      const part = delay - whole;
      const at = frame & (lineFrames - 1);
      lineLeft[at] = left[i]!;
      lineRight[at] = right[i]!;
      const a = (at - whole) & (lineFrames - 1);
      const b = (a - 1) & (lineFrames - 1);
      left[i] = lineLeft[a]! * (1 - part) + lineLeft[b]! * part;
      right[i] = lineRight[a]! * (1 - part) + lineRight[b]! * part;
    }
  }

  #dust({ left, right }: Stereo): void {
    const clock = this.#clock[0]!;
    const level = this.#settings.dust;
    let crackleLeft = this.#crackle[0]!;
    let crackleRight = this.#crackle[1]!;
    for (let i = 0; i < left.length; i++) {
      const a = noiseAt((clock + i) * 2);
      const b = noiseAt((clock + i) * 2 + 1);
      if (a < crackleChance) {
        crackleLeft += (b - 0.5) * 0.06;
        crackleRight += (b * 7 - Math.floor(b * 7) - 0.5) * 0.06;
      }
      left[i]! += level * ((a - 0.5) * 0.0022 + crackleLeft);
      right[i]! += level * ((b - 0.5) * 0.0022 + crackleRight);
      crackleLeft *= -0.82;
      crackleRight *= -0.82;
    }
    this.#crackle[0] = Math.abs(crackleLeft) < 1e-15 ? 0 : crackleLeft;
    this.#crackle[1] = Math.abs(crackleRight) < 1e-15 ? 0 : crackleRight;
  }
}
