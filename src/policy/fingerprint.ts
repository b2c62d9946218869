/** `node src/policy/fingerprint.ts "Title, author" < lyrics.txt`: a line for PROTECTED_LYRICS_FILE. */
import { text } from "node:stream/consumers";
import { printsOf } from "./lyrics.ts";

const [work] = process.argv.slice(2);
const prints = printsOf(await text(process.stdin));
if (!work || prints.length === 0) {
  process.stderr.write('usage: node src/policy/fingerprint.ts "Title, author" < lyrics.txt\n');
  process.exitCode = 2;
} else process.stdout.write(`${JSON.stringify({ work, prints })}\n`);
