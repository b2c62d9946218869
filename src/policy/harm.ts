/**
 * The rules against hatred and against sexual content with minors, as data. They know only what cannot be
 * meant otherwise; finer judgement is the work of a moderation service (`MODERATION_URL`).
 */
import { placesOf, wordsOf } from "./words.ts";

const phrasesOf = (lists: readonly (readonly string[])[]) => lists.flat().map(wordsOf);

const attacks = phrasesOf([
  ["kill", "killing", "murder", "exterminate", "exterminating", "gas", "lynch", "lynching"],
  ["wipe out", "eradicate", "genocide of", "burn"],
]);
const groups = phrasesOf([
  ["jews", "jewish people", "muslims", "christians", "hindus", "sikhs", "black people", "blacks"],
  ["white people", "whites", "asians", "arabs", "africans", "gays", "gay people", "lesbians"],
  [
    "homosexuals",
    "trans people",
    "transgender people",
    "immigrants",
    "refugees",
    "disabled people",
  ],
  ["women", "romani people", "gypsies"],
]);
const between = new Set(["all", "every", "the", "these", "those", "off", "them", "of"]);
const slogans = phrasesOf([
  ["heil hitler", "sieg heil", "white power anthem", "white power song", "white supremacy anthem"],
  ["race war now", "master race anthem", "gas chambers now", "six million was not enough"],
]);

/** Whether the text calls for violence against a group, or praises it. */
export function isHateful(text: string): boolean {
  const words = wordsOf(text);
  if (slogans.some((slogan) => placesOf(slogan, words).length > 0)) return true;
  return attacks.some((attack) =>
    placesOf(attack, words).some((at) => {
      let next = at + attack.length;
      while (between.has(words[next] ?? "")) next += 1;
      return groups.some((group) => group.every((word, n) => words[next + n] === word));
    }),
  );
}

const sexual = new Set([
  ...[
    "sex",
    "sexual",
    "sexually",
    "sexualized",
    "erotic",
    "erotica",
    "porn",
    "porno",
    "pornographic",
  ],
  ...["nude", "nudes", "orgasm", "orgasmic", "fetish", "horny", "seducing"],
]);
const minors = phrasesOf([
  ["child", "children", "kid", "kids", "minors", "underage", "preteen", "preteens", "toddler"],
  [
    "toddlers",
    "schoolgirl",
    "schoolgirls",
    "schoolboy",
    "schoolboys",
    "little girl",
    "little girls",
  ],
  [
    "little boy",
    "little boys",
    "young girl",
    "young boy",
    "teenage girl",
    "teenage boy",
    "teen girl",
  ],
]);
/** So many words apart the two are about each other. */
const near = 6;
/** `16 year old`, `sixteen years old`, with the number in digits. */
const adultAge = 18;

function minorPlaces(words: readonly string[]): number[] {
  const ages = words.flatMap((word, at) => {
    const isAge = /^\d{1,2}$/.test(word) && Number(word) < adultAge;
    const isYears = /^years?$/.test(words[at + 1] ?? "") && words[at + 2] === "old";
    return isAge && isYears ? [at] : [];
  });
  return [...ages, ...minors.flatMap((phrase) => placesOf(phrase, words))];
}

/** Whether the text puts minors into a sexual context. */
export function sexualizesMinors(text: string): boolean {
  const words = wordsOf(text);
  const places = minorPlaces(words);
  return words.some(
    (word, at) => sexual.has(word) && places.some((place) => Math.abs(place - at) <= near),
  );
}
