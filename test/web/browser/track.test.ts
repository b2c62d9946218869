/** From a prompt to sound in a real browser, by mouse and by keyboard alone. */
import { readFile } from "node:fs/promises";
import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { startTestService } from "../../support/service.ts";
import {
  ask,
  inBrowser,
  noBrowser,
  openTab,
  position,
  signIn,
  stageOf,
  untilHeard,
  untilPlayable,
  untilStatus,
} from "./chromium.ts";

const organizationId = "org_listeners";

describe.skipIf(noBrowser)(inBrowser, async () => {
  const service = noBrowser ? null : await startTestService();
  const url = `${service?.url}/`;
  const keyOf = async (userId: string) => (await service?.key(organizationId, userId)) ?? "";

  it("makes, plays, switches and hands out a track", async () => {
    const { page, complaints } = await openTab(url);
    await signIn(page, organizationId, await keyOf("user_mouse"));
    await page.getByLabel("Stems as well").check();
    await page.getByText("More options").click();
    // A name that is not of ASCII is to reach the file.
    await page.getByLabel("Title").fill("Étude No. 2");
    await ask(page, "calm piano and drums, 90 bpm", "shortest");
    await untilPlayable(page);
    await untilStatus(page, "Done");
    // Of wavesurfer.js, in its shadow tree, which the policy lets it style.
    expect(await page.locator(".wave-canvas canvas").count()).toBeGreaterThan(0);
    expect(await page.getByText("90 bpm", { exact: true }).count()).toBe(1);

    await page.getByRole("button", { name: /^Play / }).click();
    await untilHeard(page, 0);
    await page.getByRole("button", { name: "Pause" }).click();
    const at = await position(page);
    const stem = page.waitForResponse((response) => /drums/.test(response.url()));
    await page.getByLabel("Drums", { exact: true }).check();
    expect((await stem).headers()["content-type"]).toBe("audio/flac");
    await expect.poll(() => position(page)).toBeCloseTo(at, 0);
    await page.getByRole("button", { name: /^Play / }).click();
    await untilHeard(page, at);

    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: "MP3" }).click();
    const download = await downloading;
    expect(await stageOf(page).getByRole("heading").textContent()).toBe("Étude No. 2");
    expect(download.suggestedFilename()).toBe("Étude No. 2.mp3");
    const audio = await readFile(await download.path());
    expect(audio.subarray(0, 3).toString("latin1") === "ID3" || audio[0] === 0xff).toBe(true);
    expect(complaints).toEqual([]);
  });

  it("does all of it by keyboard alone", async () => {
    const { page, complaints } = await openTab(url);
    const { keyboard } = page;
    await tabTo(page, page.getByLabel("Organization"));
    await keyboard.type(organizationId);
    await keyboard.press("Tab");
    await keyboard.type(await keyOf("user_keyboard"));
    await keyboard.press("Enter");
    const prompt = page.getByLabel("What should it sound like?");
    await untilFocused(prompt);
    await keyboard.type("calm piano");
    await tabTo(page, page.getByLabel("Length"));
    await keyboard.press("End");
    await tabTo(page, page.getByRole("button", { name: "Make this track" }));
    await keyboard.press("Enter");
    await untilFocused(stageOf(page));
    await tabTo(page, page.getByRole("button", { name: "Cancel" }));
    await keyboard.press("Enter");
    await untilStatus(page, "Cancelled");

    await tabTo(page, page.getByRole("button", { name: "Use again" }));
    await keyboard.press("Enter");
    await untilFocused(prompt);
    await tabTo(page, page.getByLabel("Length"));
    await keyboard.press("Home");
    await keyboard.press("Shift+Tab");
    await keyboard.press("Shift+Tab");
    await untilFocused(prompt);
    await keyboard.press("Control+Enter");
    await untilPlayable(page);
    await tabTo(page, page.getByRole("button", { name: /^Play / }));
    await keyboard.press("Space");
    await untilHeard(page, 0);
    await keyboard.press("Space");
    await tabTo(page, page.getByLabel("Position"));
    await keyboard.press("End");
    await expect.poll(() => position(page)).toBeGreaterThan(4);
    await keyboard.press("Home");
    await expect.poll(() => position(page)).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("finds among one's tracks, and turns their pages", async () => {
    const key = await keyOf("user_many");
    const jobs = `${url}v1/music/${organizationId}/generations`;
    const made: string[] = [];
    for (let n = 1; n <= 10; n++) {
      const body = { engine: "studio", prompt: `piece ${n} of ten`, duration_seconds: 600 };
      const headers = { "x-api-key": key, "content-type": "application/json" };
      const answer = await fetch(jobs, { method: "POST", headers, body: JSON.stringify(body) });
      made.push(((await answer.json()) as { id: string }).id);
    }
    const { page } = await openTab(url);
    await signIn(page, organizationId, key);
    const rows = page.locator(".rows li");
    await rows.filter({ hasText: "Piece 10 of ten" }).waitFor();
    expect(await rows.count()).toBe(8);
    await page.getByRole("button", { name: "Older" }).click();
    await rows.filter({ hasText: "Piece 1 of ten" }).waitFor();
    expect(await rows.count()).toBe(2);
    await page.getByLabel("Search your tracks").fill("TEN piece 7");
    await expect.poll(() => rows.count()).toBe(1);
    expect(await rows.textContent()).toContain("Piece 7 of ten");
    await page.getByLabel("Search your tracks").fill("");
    await page.getByLabel("Show").selectOption("Failed");
    await page.getByText("Nothing of yours matches.").waitFor();
    for (const id of made) {
      await fetch(`${jobs}/${id}/cancel`, { method: "POST", headers: { "x-api-key": key } });
    }
  });

  it("says what is wrong with a key, and with a field", async () => {
    const { page } = await openTab(url);
    await page.getByText("npm run -s cli -- keys create --organization org_abc123").waitFor();
    await page.getByLabel("Organization").fill(organizationId);
    await page.getByLabel("API key").fill("oak_wrong");
    await page.getByRole("button", { name: "Open the studio" }).click();
    await page.getByText("This key does not work.").waitFor();
    await signIn(page, organizationId, await keyOf("user_wrong"));
    await page.getByText("More options").click();
    await page.getByLabel("Seed").fill("9999999999");
    await ask(page, "calm piano", "shortest");
    await page.locator("#seed-error", { hasText: /\w/ }).waitFor();
  });
});

async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < 60; presses++) {
    if (await isFocused(target)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not reach ${target}`);
}

async function isFocused(target: Locator): Promise<boolean> {
  return (await target.and(target.page().locator(":focus")).count()) === 1;
}

async function untilFocused(target: Locator): Promise<void> {
  await target.waitFor();
  await expect.poll(() => isFocused(target)).toBe(true);
}
