/** All styles: every file in `styles/` is one, so adding a style is adding a file. */
import { readdirSync } from "node:fs";
import type { Style } from "./style.ts";

const folder = new URL("styles/", import.meta.url);
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".ts"))
  .sort();
const modules = await Promise.all(
  files.map((name) => import(new URL(name, folder).href) as Promise<{ default: Style }>),
);

/** In the order of their file names. */
export const styles: readonly Style[] = modules.map((module) => module.default);
