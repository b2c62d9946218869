/**
 * A real browser for the tests of the page, where the machine has one: Debian's Chromium (`apt-get install
 * chromium`), or the one that `CHROMIUM` names. Without, those tests are skipped, and their title says why.
 */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, expect, vi } from "vitest";

const places = [
  process.env["CHROMIUM"] ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

const executablePath = places.find((path) => path !== "" && existsSync(path)) ?? null;

export const noBrowser = executablePath === null;

/** For the title of a suite. */
export const inBrowser = noBrowser
  ? "in a browser (skipped: no Chromium here; apt-get install chromium)"
  : "in a browser";

// A browser beside a service and its database on two busy cores.
vi.setConfig({ testTimeout: 240_000 });

/** As long as anything may take on a machine that is busy, in milliseconds. */
const limitMs = 20_000;

export interface Tab {
  readonly page: Page;
  /** What the browser complained of: broken policies, scripts that threw. */
  readonly complaints: readonly string[];
}

/** A new window of a browser that is closed after the tests of the file; the window after the test. */
export async function openTab(
  url: string,
  options: BrowserContextOptions = {},
  beside: Page | null = null,
): Promise<Tab> {
  const context =
    beside?.context() ??
    (await (
      await browser()
    ).newContext({
      reducedMotion: "reduce",
      viewport: { width: 1280, height: 860 },
      ...options,
    }));
  context.setDefaultTimeout(limitMs);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // A refused or lost request is logged by the browser itself, and is what some tests are about.
    const isOfRequest = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isOfRequest) complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}

/** Enters the key, as a person would. */
export async function signIn(page: Page, organizationId: string, key: string): Promise<void> {
  await page.getByLabel("Organization").fill(organizationId);
  await page.getByLabel("API key").fill(key);
  await page.getByRole("button", { name: "Open the studio" }).click();
  await page.getByLabel("What should it sound like?").waitFor();
}

/** Asks for a piece of the prompt's own words, as long as the slider's stop that `length` counts. */
export async function ask(page: Page, prompt: string, length: "shortest" | "longest") {
  await page.getByLabel("What should it sound like?").fill(prompt);
  await page.getByLabel("Length").press(length === "shortest" ? "Home" : "End");
  await page.getByRole("button", { name: "Make this track" }).click();
}

/** The part of the page that shows the job; its words say where the job is. */
export function stageOf(page: Page) {
  return page.getByRole("region", { name: "Track", exact: true });
}

/** The job's state, in the stage's word for it. */
export async function untilStatus(page: Page, word: string): Promise<void> {
  await stageOf(page).locator(".status", { hasText: word }).waitFor();
}

/** The waveform is drawn and the sound can be played. */
export async function untilPlayable(page: Page): Promise<void> {
  await page.locator('.player[data-ready="true"]').waitFor({ timeout: 60_000 });
}

/** Where the sound is, in seconds. */
export async function position(page: Page): Promise<number> {
  return Number(await page.getByLabel("Position").inputValue());
}

export async function untilHeard(page: Page, from: number): Promise<void> {
  await expect.poll(() => position(page), { timeout: limitMs }).toBeGreaterThan(from);
}

let running: Promise<Browser> | null = null;

function browser(): Promise<Browser> {
  running ??= chromium.launch({
    ...(executablePath !== null && { executablePath }),
    // Tests run as root in containers, which Chromium's sandbox refuses.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
    // Where no locale is set, it names a file that is not of ASCII "download".
    env: { ...process.env, LC_ALL: "C.UTF-8" },
  });
  return running;
}

afterEach(async () => {
  if (running === null) return;
  await Promise.all((await running).contexts().map((context) => context.close()));
});

afterAll(async () => {
  await (await running)?.close();
});
