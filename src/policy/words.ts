/** The words of a text as rules compare them: case, accents, width and punctuation make no difference. */

/** Letters and digits in lower case, without apostrophes; a possessive s is a word of its own. */
export function wordsOf(text: string): string[] {
  const plain = text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  const parted = plain.replaceAll(/['’ʼ]s(?![\p{L}\p{N}])/gu, " s").replaceAll(/['’ʼ]/g, "");
  return parted.match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Where `phrase` begins in `words`, every place. */
export function placesOf(phrase: readonly string[], words: readonly string[]): number[] {
  const [first] = phrase;
  return words.flatMap((word, at) =>
    word === first && phrase.every((each, n) => words[at + n] === each) ? [at] : [],
  );
}
