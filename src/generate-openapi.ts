/** Writes the OpenAPI document into the file that is named; a step of `npm run generate`. */
import { writeFileSync } from "node:fs";
import { composeOpenApi, openApiText } from "./compose-openapi.ts";

const [file] = process.argv.slice(2);
if (file === undefined) throw new TypeError("which file?");
writeFileSync(file, openApiText(composeOpenApi()));
