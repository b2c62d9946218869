/** The SoundFont, loaded once for each thread and kept. */
import { readFileSync } from "node:fs";
import { BasicSoundBank, SoundBankLoader } from "spessasynth_core";

export type SoundBank = BasicSoundBank;

/** The bank that is committed beside `soundfont/trim.ts`. */
export const soundFont = new URL("../soundfont/studio.sf3", import.meta.url);

/**
 * Reads the bank. Its samples stay Vorbis-compressed until
 * a note first needs them, and the decoder that does it is ready when this resolves.
 */
export async function loadSoundBank(): Promise<SoundBank> {
  await BasicSoundBank.isSF3DecoderReady;
  const bytes = readFileSync(soundFont);
  return SoundBankLoader.fromArrayBuffer(new Uint8Array(bytes).buffer);
}
