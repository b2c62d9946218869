/**
 * What is installed, by the lock files: from the registry alone, held by its hash, without a script that was
 * not looked at, and with a licence that a service may be shipped with. (Known vulnerabilities are asked of the
 * registry, which is `npm audit`: a test that needs the network would fail for others' reasons.)
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Why each may have an install script; `.npmrc` lets none of them run. */
const scripted: Readonly<Record<string, readonly string[]>> = {
  ".": [
    "@bufbuild/buf", // Puts its program in the place of a script that would find it as well.
    "@scarf/scarf", // Tells its makers who installs swagger-ui-dist.
    "protobufjs", // Warns of a version range.
  ],
  "test/bench": [
    "msgpackr-extract", // Builds what msgpackr does without.
  ],
};

/** For what is shipped: permissive, and fonts. */
const licences = new Set([
  ...["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "OFL-1.1"],
  "(Apache-2.0 AND BSD-3-Clause)",
]);

const root = join(import.meta.dirname, "..");

function fileOf(folder: string, name: string): string {
  return readFileSync(join(root, folder, name), "utf8");
}

function packagesOf(folder: string): [name: string, locked: LockedPackage][] {
  const lock = JSON.parse(fileOf(folder, "package-lock.json")) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  // The first one is the project itself.
  return Object.entries(lock.packages).filter(([path]) => path !== "");
}

const nameOf = (path: string) => path.slice(path.lastIndexOf("node_modules/") + 13);

describe.each(Object.keys(scripted))("the lock file of %s", (folder) => {
  const packages = packagesOf(folder);
  const wrong = (isWrong: (locked: LockedPackage) => boolean) =>
    packages.filter(([, locked]) => isWrong(locked)).map(([path]) => path);

  it("has everything from the registry, by its hash", () => {
    expect(packages.length).toBeGreaterThan(50);
    const elsewhere = ({ resolved = "", link = false }: LockedPackage) =>
      link || !/^$|^https:\/\/registry\.npmjs\.org\//.test(resolved);
    expect(wrong(elsewhere)).toEqual([]);
    expect(wrong(({ integrity = "" }) => !/^sha512-[\w+/]{86}==$/.test(integrity))).toEqual([]);
  });

  it("asks for exact versions, so that an upgrade is a change that someone sees", () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
      fileOf(folder, "package.json"),
    ) as Record<string, Record<string, string>>;
    const all = { ...dependencies, ...devDependencies, ...optionalDependencies };
    const loose = Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
    expect(loose).toEqual([]);
  });

  it("has install scripts only in packages that were looked at, and none of them runs", () => {
    const found = wrong(({ hasInstallScript = false }) => hasInstallScript).map(nameOf);
    expect(found.sort()).toEqual([...(scripted[folder] ?? [])].sort());
    expect(fileOf(folder, ".npmrc").split("\n")).toContain("ignore-scripts=true");
  });
});

it("what is shipped has a licence that allows it", () => {
  const shipped = packagesOf(".").filter(([, { dev = false }]) => !dev);
  expect(shipped.length).toBeGreaterThan(50);
  const others = shipped
    .filter(([, { license = "" }]) => !licences.has(license))
    .map(([path, { license }]) => `${path}: ${license}`);
  expect(others).toEqual([]);
});
