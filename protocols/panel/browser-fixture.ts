// The page in a real browser for its tests: its server and its socket are the real ones, only the
// far end of the stream is played.

import { type Browser, chromium, type Page } from "playwright-core";
import { expect, type TestContext } from "vitest";
import { requires } from "../../runtime/testing/requires.ts";
import { ScriptedController } from "./test-rig.ts";

/** The page draws what it hears a moment later, and later still on a busy machine. */
export const SOON = { timeout: 5_000, interval: 25 };

let browser: Browser | null = null;

/** Once, after all tests of a file. */
export async function closeBrowser(): Promise<void> {
  await browser?.close();
  browser = null;
}

export class PageRig {
  readonly controller = new ScriptedController();
  /** What the browser complained about: errors of scripts, refusals of the content policy. */
  readonly complaints: string[] = [];
  #page: Page | null = null;

  get page(): Page {
    if (this.#page === null) throw new Error("no page was visited");
    return this.#page;
  }

  /** Opens the page; skips where no browser is installed. */
  async visit(context: TestContext, viewport = { width: 1280, height: 900 }): Promise<Page> {
    const executablePath = requires(context, "chromium");
    const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync"];
    browser ??= await chromium.launch({ executablePath, args: quiet });
    const page = await browser.newPage({ viewport, timezoneId: "Europe/Berlin" });
    this.#page = page;
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
    await page.goto(await this.controller.open());
    return page;
  }

  async close(): Promise<void> {
    await this.#page?.close();
    this.controller.close();
  }

  async text(selector: string): Promise<string> {
    return (await this.page.locator(selector).allInnerTexts()).join("\n");
  }

  async becomes(selector: string, words: string | RegExp): Promise<void> {
    const wait = { timeout: 10_000, interval: 50 };
    await expect.poll(() => this.text(selector), wait).toMatch(words);
  }
}
