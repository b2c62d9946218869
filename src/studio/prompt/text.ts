/** Reading words in free text: any language, any punctuation, emoji and all. */

/** `text` in lower case, accents and punctuation gone, words apart by single spaces, one at each end. */
export function normalized(text: string): string {
  const plain = text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase();
  return ` ${plain.replace(/[^\p{L}\p{N}#]+/gu, " ").trim()} `;
}

/** Whether `phrase` (words in lower case) stands in normalized `text` as whole words. */
export function mentions(text: string, phrase: string): boolean {
  return text.includes(` ${phrase} `);
}

/** Whether `text` says it does not want `word`. */
export function declines(text: string, word: string): boolean {
  return ["no", "without", "without any", "not", "minus"].some((not) =>
    mentions(text, `${not} ${word}`),
  );
}
