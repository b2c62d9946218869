/** The command that renders a prompt to files, run as a person runs it. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const command = resolve(import.meta.dirname, "../../src/studio/render.ts");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "studio-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("renders a prompt to the named file and what is asked for beside it", () => {
  const words = ["bossa nova in G major, 120 bpm, no drums", "--seconds", "3", "--seed", "4"];
  const args = [command, ...words, "--out", join(folder, "a.wav"), "--midi", "--peaks"];
  const said = execFileSync(process.execPath, args, { encoding: "utf8" });
  expect(said).toContain("Bossa nova · G major · 4/4 · 120 bpm");
  expect(said).toContain("without drums");
  expect(readdirSync(folder).sort()).toEqual(["a-peaks.json", "a-score.mid", "a.wav"]);
  const file = readFileSync(join(folder, "a.wav"));
  const data = file.indexOf("data");
  expect(file.readUInt32LE(data + 4)).toBe(3 * 44_100 * 6);
  expect(JSON.parse(readFileSync(join(folder, "a-peaks.json"), "utf8")).version).toBe(2);
});

it.each([
  [["house", "--out", "a.ogg"], "--out must end with"],
  [["house", "--seconds", "soon"], "--seconds must be"],
])("says what is wrong with %j", (args, message) => {
  const { status, stderr } = spawnSync(process.execPath, [command, ...args], {
    encoding: "utf8",
    cwd: folder,
  });
  expect(status).not.toBe(0);
  expect(stderr).toContain(message);
});
