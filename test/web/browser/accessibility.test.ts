/**
 * axe-core finds nothing to complain of, in any state of the page, in light and in dark, wide and narrow. With
 * `PICTURES` it leaves a picture of each there, to be looked at.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { startTestService } from "../../support/service.ts";
import {
  ask,
  inBrowser,
  noBrowser,
  openTab,
  signIn,
  stageOf,
  untilPlayable,
  untilStatus,
} from "./chromium.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Run by the browser's own debugger, so the page's policy, which forbids it, stands. */
const violations = (
  options: object,
) => `axe.run(document, ${JSON.stringify(options)}).then((found) =>
  found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => id + ": " + html + " " + failureSummary)))`;

async function check(page: Page, state: string): Promise<void> {
  await page.evaluate(axe);
  await page.emulateMedia({ colorScheme: "light" });
  expect(await page.evaluate(violations({})), `${state}, light`).toEqual([]);
  await takePicture(page, `${state}, light`);
  // Only colours are others in the dark.
  await page.emulateMedia({ colorScheme: "dark" });
  const ofColours = { runOnly: { type: "rule", values: ["color-contrast"] } };
  expect(await page.evaluate(violations(ofColours)), `${state}, dark`).toEqual([]);
  await takePicture(page, `${state}, dark`);
}

async function takePicture(page: Page, state: string): Promise<void> {
  const folder = process.env["PICTURES"];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${state}, ${page.viewportSize()?.width}.png`);
  await page.screenshot({ path, fullPage: true });
}

const screens = {
  desktop: { width: 1280, height: 860 },
  phone: { width: 390, height: 844 },
};

describe.skipIf(noBrowser)(inBrowser, async () => {
  const service = noBrowser ? null : await startTestService();
  const organizationId = "org_everyone";

  it.each(Object.entries(screens))("on a %s", async (name, viewport) => {
    const key = (await service?.key(organizationId, `user_${name}`)) ?? "";
    const { page } = await openTab(`${service?.url}/`, { viewport });
    await check(page, "the gate");
    await page.getByLabel("Organization").fill(organizationId);
    await page.getByLabel("API key").fill("oak_wrong");
    await page.getByRole("button", { name: "Open the studio" }).click();
    await page.getByText("This key does not work.").waitFor();
    await check(page, "a wrong key");
    await signIn(page, organizationId, key);
    await page.getByText("Your tracks gather here.").waitFor();
    await page.getByText("More options").click();
    await check(page, "nothing yet, all options");

    await ask(page, "a long calm piano piece", "longest");
    await untilStatus(page, "Making");
    await check(page, "making");
    await stageOf(page).getByRole("button", { name: "Cancel" }).click();
    await untilStatus(page, "Cancelled");
    await check(page, "cancelled");
    await ask(page, "a ballad in the style of Taylor Swift", "shortest");
    await untilStatus(page, "Refused");
    await check(page, "refused");
    await page.getByLabel("Seed").fill("9999999999");
    await ask(page, "calm piano", "shortest");
    await page.locator("#seed-error", { hasText: /\w/ }).waitFor();
    await check(page, "a field that is wrong");

    await page.getByLabel("Seed").fill("");
    await page.getByLabel("Stems as well").check();
    await ask(page, "calm piano", "shortest");
    await untilPlayable(page);
    await check(page, "done");
    await page.getByRole("button", { name: "Delete" }).click();
    await check(page, "about to delete");
    await page.context().setOffline(true);
    await page.getByText("No connection to the service.").waitFor();
    await check(page, "no connection");
  });
});
