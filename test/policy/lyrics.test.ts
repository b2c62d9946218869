/**
 * Lyrics that are those of a listed work, and those that only look a little like it. The works here are in the
 * public domain, and stand for protected ones.
 */
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../src/base/config.ts";
import { createPolicy } from "../../src/compose-policy.ts";
import { lyricsPolicy, printsOf, readWorks } from "../../src/policy/lyrics.ts";
import { request } from "../support/store.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** Robert Burns, 1788. */
const auldLangSyne = `Should auld acquaintance be forgot,
And never brought to mind?
Should auld acquaintance be forgot,
And auld lang syne!
For auld lang syne, my jo,
For auld lang syne,
We'll tak a cup o' kindness yet,
For auld lang syne.`;
/** John Newton, 1779. */
const amazingGrace = `Amazing grace! how sweet the sound,
That saved a wretch like me!
I once was lost, but now am found,
Was blind, but now I see.`;
/** Jane Taylor, 1806. */
const theStar = `Twinkle, twinkle, little star,
How I wonder what you are!
Up above the world so high,
Like a diamond in the sky.`;

const works = [
  { work: "Auld Lang Syne, Burns", prints: printsOf(auldLangSyne) },
  { work: "Amazing Grace, Newton", prints: printsOf(amazingGrace) },
];
const policy = lyricsPolicy(works);
const { signal } = new AbortController();

async function decide(lyrics: string | null, prompt = request.prompt) {
  return policy.decide({ ...request, lyrics, prompt }, signal);
}

describe("refuses, and says which work it is", () => {
  it.each([
    ["all of it", amazingGrace],
    ["in capitals, without a comma", amazingGrace.toUpperCase().replaceAll(/[^A-Z\n ]/g, "")],
    ["a verse of it within words of one's own", `My own first line\n${amazingGrace}\nAnd my last`],
    ["two lines of it", "I once was lost, but now am found, was blind, but now I see"],
    ["with another title and accents", `Gráce\n${amazingGrace.replaceAll("a", "á")}`],
    ["set in wide letters", amazingGrace.replaceAll("lost", "ｌｏｓｔ")],
  ])("%s", async (_how, lyrics) => {
    const decision = await decide(lyrics);
    expect(decision).toMatchObject({ allowed: false, rule: "lyrics" });
    expect(decision).toMatchObject({ reason: expect.stringContaining("(Amazing Grace, Newton)") });
  });
});

describe("lets pass", () => {
  it.each([
    ["another work", theStar],
    ["a line of it", "Amazing grace! how sweet the sound"],
    ["its title, again and again", "amazing grace ".repeat(50)],
    [
      "its words in another order",
      "The sound how sweet, a grace amazing; me, a wretch that saved like",
    ],
    ["sounds", "la la la la la la la la oh yeah oh yeah oh yeah oh yeah"],
    [
      "a turn of phrase that many songs have",
      "I was lost but now I see the light, and I am found by you",
    ],
    [
      "a parody of its form",
      "Amazing bread! how sweet the crust, that fed a wretch like me, I once was thin but now am round",
    ],
    ["nothing", ""],
    ["no lyrics", null],
  ])("%s", async (_what, lyrics) => {
    expect(await decide(lyrics)).toEqual({ allowed: true });
  });

  it("a prompt that speaks of them: only lyrics are sung", async () => {
    expect(await decide(null, amazingGrace)).toEqual({ allowed: true });
  });

  it("any text that has no line of it", async () => {
    const word = fc.constantFrom("love", "night", "you", "the", "and", "I", "fire", "was", "grace");
    const text = fc.array(word, { maxLength: 200 }).map((words) => words.join(" "));
    const property = fc.asyncProperty(text, async (lyrics) => (await decide(lyrics)).allowed);
    await fc.assert(property, { numRuns: 300 });
  });
});

describe("the list", () => {
  it("holds no word of a work", () => {
    expect(JSON.stringify(works[1]?.prints)).not.toMatch(/[g-z]/i);
  });

  it("is made by a command, and read from the file that the setting names", async () => {
    const path = join(await temporaryFolder(), "protected.jsonl");
    const script = join(import.meta.dirname, "../../src/policy/fingerprint.ts");
    const options = { input: theStar, encoding: "utf8" } as const;
    const line = execFileSync(process.execPath, [script, "The Star, Taylor"], options);
    expect(line).not.toMatch(/twinkle/i);
    await writeFile(path, `${line}\n`);
    const set = await createPolicy(readConfig({ PROTECTED_LYRICS_FILE: path }));
    expect(await set.decide({ ...request, lyrics: theStar }, signal)).toMatchObject({
      rule: "lyrics",
    });
    expect(await set.decide({ ...request, lyrics: amazingGrace }, signal)).toEqual({
      allowed: true,
    });
    await writeFile(path, `${line}{"work": "x"}\n`);
    const broken = createPolicy(readConfig({ PROTECTED_LYRICS_FILE: path }));
    await expect(broken).rejects.toThrow("PROTECTED_LYRICS_FILE: line 2 is no work");
  });

  it("names the line that is none", () => {
    expect(() => readWorks('{"work":"a","prints":["not hexadecimal"]}')).toThrow("line 1");
    expect(readWorks("\n\n")).toEqual([]);
  });
});
