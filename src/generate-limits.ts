/** Writes the table of limits into the file that is named; a step of `npm run generate`. */
import { writeFileSync } from "node:fs";
import { limitsText } from "./compose-limits.ts";

const [file] = process.argv.slice(2);
if (file === undefined) throw new TypeError("which file?");
writeFileSync(file, limitsText());
