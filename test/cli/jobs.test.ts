/** The commands that make, watch and ask for music, against a service with the real studio. */
import { execFile } from "node:child_process";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { startTestService, type TestService } from "../support/service.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { Line, RunningCommand, run } from "./command.ts";

vi.setConfig({ testTimeout: 120_000 });

let service: TestService;
/** Without a worker, for tracks that nobody needs. */
let api: TestService;
let env: Record<string, string>;
beforeAll(async () => {
  service = await startTestService();
  api = await startTestService({ role: "api" });
  env = { MUSIC_URL: service.url, MUSIC_API_KEY: await service.key("org_abc123", "user_1") };
});

async function made(...args: string[]): Promise<{ id: string; track: { id: string } }> {
  const { stdout } = await run(["generate", "rain", "--seconds", "2", "--json", ...args], env);
  return JSON.parse(stdout);
}

describe("generate", () => {
  it("gives the file, its path on standard output, and progress on standard error", async () => {
    const out = join(await temporaryFolder(), "a.mp3");
    const ended = await run(["generate", "rain", "--seconds", "2", "--out", out], env);
    expect(ended).toMatchObject({ code: 0, stdout: `${out}\n` });
    expect(ended.stderr).toMatch(/^mgen_\w+\n[\s\S]*100 %/);
    expect((await stat(out)).size).toBeGreaterThan(10_000);
  });

  it("prints the job as REST answers it, and with --quiet nothing else", async () => {
    const ended = await run(["generate", "rain", "--seconds", "2", "--quiet", "--json"], env);
    const job = JSON.parse(ended.stdout);
    const url = `${service.url}/v1/music/org_abc123/generations/${job.id}`;
    const headers = { "x-api-key": env["MUSIC_API_KEY"] ?? "" };
    const rest = (await (await fetch(url, { headers })).json()) as Record<string, unknown>;
    const changing = { playback_url: expect.any(String), track: expect.any(Object) };
    expect(job).toEqual({ ...rest, ...changing });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("is one job when repeated with a key, and can leave at once", async () => {
    const args = ["generate", "x", "--seconds", "2", "--idempotency-key", "one", "--detach"];
    const [first, second] = [await run(args, env), await run(args, env)];
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mgen_\w+\n$/) });
    expect(second.stdout).toBe(first.stdout);
  });

  it.each([
    [2, ["--seconds", "100000"], "duration_seconds: "],
    [2, ["--seconds", "none"], "It should be a whole number of seconds"],
    [2, ["--no-such-option"], "unknown option"],
    [5, ["--title", "in the style of Taylor Swift"], "ended as refused"],
    [7, ["--api-key", "oak_wrong"], "API key"],
    [7, ["--organization", "org_other"], "do not have access"],
    [6, ["--url", "http://127.0.0.1:9"], "Is the service running?"],
  ])("exits with %i after %j", async (code, args, message) => {
    const prompt = args[1]?.startsWith("in the style") ? args[1] : "rain";
    const ended = await run(["generate", prompt, ...args, "--quiet"], env);
    expect(ended).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(message) });
  });
});

describe("Ctrl-C", () => {
  const long = ["generate", "a long one", "--seconds", "600"];

  it("asks for the job to be cancelled, and waits for it", async () => {
    const command = new RunningCommand(long, env);
    await command.says(/^ +\d+ %/m);
    command.interrupt();
    const ended = await command.ended;
    expect(ended).toMatchObject({ code: 4, stderr: expect.stringContaining("as cancelled") });
    const id = ended.stderr.split("\n")[0] ?? "";
    expect((await run(["get", id], env)).stdout).toMatch(/^status +cancelled$/m);
  });

  it("leaves at once the second time, even when nobody answers", async () => {
    const line = await Line.to(service.url);
    const command = new RunningCommand(long, { ...env, MUSIC_URL: line.url });
    await command.says(/^ +\d+ %/m);
    line.isDead = true;
    command.interrupt();
    await command.says("Another Ctrl-C leaves at once.");
    command.interrupt();
    const ended = await command.ended;
    expect(ended.code).toBe(130);
    await run(["cancel", ended.stderr.split("\n")[0] ?? "", "--wait", "30"], env);
  });
});

describe("watch", () => {
  it("goes on after a lost connection, and prints each version once", async () => {
    const line = await Line.to(service.url);
    const create = ["generate", "rain", "--seconds", "600", "--detach"];
    const id = (await run(create, env)).stdout.trim();
    const command = new RunningCommand(["watch", id, "--json"], { ...env, MUSIC_URL: line.url });
    await command.says(/^ +\d+ %/m);
    line.cut();
    await command.says("The connection was lost");
    command.interrupt();
    const ended = await command.ended;
    expect(ended.code).toBe(4);
    const states = ended.stdout
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text));
    const versions = states.map(({ version }) => version);
    expect(versions).toEqual([...new Set(versions)].toSorted((one, other) => one - other));
    // It came by the second connection.
    expect(states.at(-1)).toMatchObject({ id, status: "cancelled" });
  });
});

describe("questions", () => {
  it("get tells of a job and of a track", async () => {
    const { id, track } = await made();
    expect((await run(["get", id], env)).stdout).toMatch(/^status +succeeded$/m);
    expect((await run(["get", track.id], env)).stdout).toMatch(/^type +audio\/mpeg$/m);
    const asked = JSON.parse((await run(["get", track.id, "--json"], env)).stdout);
    expect(asked).toMatchObject({ id: track.id, stem_urls: {} });
    expect(await run(["get", "mgen_none"], env)).toMatchObject({
      code: 1,
      stderr: "The requested resource could not be found.\n",
    });
  });

  it("list shows the newest, of a state, in a table, as ids and as JSON", async () => {
    const { id } = await made();
    const succeeded = ["list", "--status", "succeeded", "--limit", "1"];
    expect((await run(succeeded, env)).stdout).toMatch(new RegExp(`^ID .*\n${id} +succeeded`));
    expect((await run([...succeeded, "-q"], env)).stdout).toBe(`${id}\n`);
    expect(JSON.parse((await run([...succeeded, "--json"], env)).stdout)).toMatchObject([{ id }]);
    expect(await run(["list", "--status", "done"], env)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("queued, running, succeeded"),
    });
  });

  it("list pages on when more is asked for than a page has", async () => {
    const key = await api.key("org_many", "user_1");
    const url = `${api.url}/v1/music/org_many/generations`;
    const headers = { "x-api-key": key, "content-type": "application/json" };
    const body = JSON.stringify({ engine: "studio", prompt: "x", duration_seconds: 1 });
    const create = () => fetch(url, { method: "POST", headers, body });
    const answers = await Promise.all(Array.from({ length: 102 }, create));
    const jobs = await Promise.all(answers.map((answer) => answer.json()));
    const many = { MUSIC_URL: api.url, MUSIC_API_KEY: key, MUSIC_ORGANIZATION: "org_many" };
    const { stdout } = await run(["list", "--limit", "101", "--quiet"], many);
    const listed = stdout.trim().split("\n");
    expect(new Set(listed).size).toBe(101);
    expect((jobs as { id: string }[]).map(({ id }) => id)).toEqual(expect.arrayContaining(listed));
  });

  it("cancel leaves what has ended; engines can be read by people and programs", async () => {
    const { id } = await made();
    expect(await run(["cancel", id], env)).toMatchObject({ code: 0, stdout: "succeeded\n" });
    expect((await run(["engines"], env)).stdout).toMatch(/^ENGINE .*\nstudio +Studio +600 s +mp3/);
    expect((await run(["engines", "--quiet"], env)).stdout).toBe("studio\n");
    const [engine] = JSON.parse((await run(["engines", "--json"], env)).stdout);
    expect(engine).toMatchObject({ engine_key: "studio", max_duration_seconds: 600 });
  });
});

describe("play", () => {
  /** A folder for PATH with one player, which keeps what it was given to play. */
  async function withPlayer(name: string): Promise<{ path: string; kept: string }> {
    const path = await temporaryFolder();
    const kept = join(path, "kept");
    const script = `#!/bin/sh\nfor file; do :; done\n/bin/cp "$file" ${kept}\n`;
    await writeFile(join(path, name), script, { mode: 0o755 });
    return { path, kept };
  }

  it("plays a track by the player that is there", async () => {
    const { id, track } = await made();
    const { path, kept } = await withPlayer("afplay");
    for (const which of [[id], [track.id], []]) {
      const ended = await run(["play", ...which], { ...env, PATH: path });
      expect(ended).toMatchObject({ code: 0, stderr: expect.stringMatching(/by afplay$/m) });
      // An MP3 with its ID3 tag.
      expect((await readFile(kept)).toString("latin1", 0, 3)).toBe("ID3");
    }
  });

  it("says what to do when there is none, or nothing to play", async () => {
    const { id } = await made();
    const ended = await run(["play", id], { ...env, PATH: await temporaryFolder() });
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/mpv[\s\S]*\nhttp/) });
    const create = ["generate", "x", "--seconds", "600", "--detach"];
    const active = (await run(create, env)).stdout.trim();
    expect(await run(["play", active], env)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`watch ${active}`),
    });
    await run(["cancel", active, "--wait", "30"], env);
  });

  it("says when the player that was named is not there, or fails", async () => {
    const { id } = await made();
    const missing = await run(["play", id, "--player", "no-such-player"], env);
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("is it installed?") });
    const failing = await run(["play", id, "--player", "false"], env);
    expect(failing).toMatchObject({ code: 1, stderr: expect.stringContaining("could not play") });
  });
});

it("a reader that has seen enough is no error", async () => {
  const command = `"$NODE" src/main.ts --help | true; echo "\${PIPESTATUS[0]}"`;
  const options = {
    cwd: join(import.meta.dirname, "../.."),
    env: { ...process.env, NODE: process.execPath },
  };
  const { stdout, stderr } = await promisify(execFile)("bash", ["--norc", "-c", command], options);
  expect([stdout, stderr]).toEqual(["0\n", ""]);
});
