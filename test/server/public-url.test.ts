/** PUBLIC_URL: what links begin with, while the service listens where it is told to. */
import { createServer } from "node:net";
import { beforeAll, expect, it } from "vitest";
import { startTestService, type TestService } from "../support/service.ts";

/** One that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

let port: number;
let service: TestService;
beforeAll(async () => {
  port = await freePort();
  const settings = { PORT: String(port), PUBLIC_URL: "https://music.example/at/" };
  service = await startTestService({ settings });
});

it("the service listens on PORT, and its links begin with PUBLIC_URL", async () => {
  expect(service.url).toBe("https://music.example/at");
  const url = `http://127.0.0.1:${port}/v1/music/org_abc123/generations`;
  const headers = {
    "x-api-key": await service.key("org_abc123", "user_1"),
    "content-type": "application/json",
    prefer: "wait=30",
  };
  const body = JSON.stringify({ engine: "studio", prompt: "rain", duration_seconds: 1 });
  const created = await fetch(url, { method: "POST", headers, body });
  expect(created.status).toBe(202);
  expect(created.headers.get("location")).toMatch(/^(https:\/\/music\.example\/at)?\/v1\/music\//);
  const job = (await created.json()) as { id: string };
  const ended = async () => {
    const answer = await fetch(`${url}/${job.id}`, { headers });
    return ((await answer.json()) as { playback_url: string | null }).playback_url;
  };
  await expect.poll(ended, { timeout: 60_000 }).toMatch(/^https:\/\/music\.example\/at\/media\//);
});
