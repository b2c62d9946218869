/** What comes in between, in a real browser: a cancel, a reload, another tab, a service that is gone. */
import { describe, expect, inject, it } from "vitest";
import { startTestService } from "../../support/service.ts";
import {
  type RunningService,
  runCommand,
  startServiceProcess,
} from "../../support/service-process.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
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

const organizationId = "org_busy";

describe.skipIf(noBrowser)(inBrowser, async () => {
  const service = noBrowser ? null : await startTestService();
  const url = `${service?.url}/`;
  const keyOf = async (userId: string) => (await service?.key(organizationId, userId)) ?? "";

  it("keeps the job over a reload, and cancels it in the middle", async () => {
    const { page, complaints } = await openTab(url);
    await signIn(page, organizationId, await keyOf("user_reload"));
    await ask(page, "a long calm piano piece", "longest");
    await untilStatus(page, "Making");
    await page.reload();
    await untilStatus(page, "Making");
    expect(await page.getByLabel("What should it sound like?").inputValue()).toBe(
      "a long calm piano piece",
    );
    await stageOf(page).getByRole("button", { name: "Cancel" }).click();
    await untilStatus(page, "Cancelled");
    await page.getByText("This one was stopped.").waitFor();
    expect(complaints).toEqual([]);
  });

  it("shows in one tab what happens in another, and keeps the key to each", async () => {
    const key = await keyOf("user_tabs");
    const one = await openTab(url);
    await signIn(one.page, organizationId, key);
    const two = await openTab(url, {}, one.page);
    await signIn(two.page, organizationId, key);
    await ask(one.page, "a piece of the first tab", "longest");
    await untilStatus(one.page, "Making");
    await two.page.getByRole("button", { name: /A piece of the first tab/ }).click();
    await untilStatus(two.page, "Making");
    await stageOf(two.page).getByRole("button", { name: "Cancel" }).click();
    await Promise.all([one.page, two.page].map((page) => untilStatus(page, "Cancelled")));
    await two.page.getByRole("button", { name: "Forget key" }).click();
    await two.page.getByLabel("API key").waitFor();
    await one.page.reload();
    await untilStatus(one.page, "Cancelled");
    expect([...one.complaints, ...two.complaints]).toEqual([]);
  });

  it("catches up when the service was killed and is back", async () => {
    const folder = await temporaryFolder();
    const database = inject("mongoUri").replace(/\/(\?|$)/, `/web_lost_${process.pid}$1`);
    const env = { MONGODB_URI: database, SIGNING_SECRET: "s".repeat(64) };
    const first = await startServiceProcess(folder, [], env);
    let second: RunningService | null = null;
    try {
      const user = ["--organization", organizationId, "--user", "user_lost"];
      const { stdout } = await runCommand(folder, ["keys", "create", ...user], env);
      const { page, complaints } = await openTab(`${first.url}/`);
      await signIn(page, organizationId, stdout.trim());
      await ask(page, "a piece that outlives its service", "longest");
      await untilStatus(page, "Making");
      await first.end("SIGKILL");
      const notice = page.getByText("No connection to the service.");
      await notice.waitFor();
      await untilStatus(page, "Making");
      const port = new URL(first.url).port;
      second = await startServiceProcess(folder, [], { ...env, PORT: port });
      await notice.waitFor({ state: "detached" });
      await stageOf(page).getByRole("button", { name: "Cancel" }).click();
      await untilStatus(page, "Stopping");
      await ask(page, "another piece", "shortest");
      await untilPlayable(page);
      await untilStatus(page, "Done");
      expect(complaints).toEqual([]);
    } finally {
      await first.end("SIGKILL");
      await second?.end("SIGTERM");
    }
  });
});
