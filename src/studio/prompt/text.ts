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

const negations = "no|not|without|minus|never|exclude|excluding|avoid|skip|sans|ohne|sin|senza";
const fillers = "(?: (?:any|a|an|the|too much|using|kind of))?";
/** What may stand between a negation and one of the things that it declines. */
const before = `(?:${negations})${fillers}(?: [\\p{L}\\p{N}]+(?: [\\p{L}\\p{N}]+)? (?:or|nor|and)${fillers}){0,3}`;

/**
 * Whether normalized `text` says it does not want `word`: `no drums`, `without any piano or bass`,
 * `no drums and no bass`, `drums free`.
 */
export function declines(text: string, word: string): boolean {
  if (!mentions(text, word)) return false;
  if (mentions(text, `${word} free`) || mentions(text, `${word} less`)) return true;
  return new RegExp(` ${before} ${word} `, "u").test(text);
}

/** Whether the text asks for `word`, and does not decline it. */
export function wants(text: string, word: string): boolean {
  return mentions(text, word) && !declines(text, word);
}
