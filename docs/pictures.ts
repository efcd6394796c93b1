// Makes the pictures of the documentation from the running product, so that they stay true:
// `npm run pictures [-- --url http://…/]`. Where nothing answers it runs the demo for as long.

import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdirSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type Browser, chromium } from "playwright-core";

const ROOT = resolve(import.meta.dirname, "..");
const PICTURES = join(import.meta.dirname, "pictures");
const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];
/** The demo seeds a month of history before it answers for the first time. */
const START_MS_MAX = 120_000;
const STOP_MS_MAX = 10_000;
const ASK_EVERY_MS = 500;

const USAGE = `npm run pictures [-- OPTIONS]
  --url URL        the status page [http://127.0.0.1:8420/]
  --settle SECONDS how long the page stays open first, so that the bearing has its alarm [345]
  --browser PATH   a Chromium [the first of ${BROWSERS.join(", ")} on the path]`;

interface Shot {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly scale: number;
  readonly scheme: "light" | "dark";
  /** The whole page, however long, or what fits on the screen. */
  readonly whole: boolean;
}

const SHOTS: readonly Shot[] = [
  { file: "status.png", width: 1280, height: 900, scale: 1, scheme: "light", whole: true },
  { file: "status-dark.png", width: 1280, height: 900, scale: 1, scheme: "dark", whole: true },
  { file: "status-phone.png", width: 390, height: 844, scale: 2, scheme: "light", whole: false },
];

function findBrowser(): string | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const candidates = BROWSERS.flatMap((name) => folders.map((folder) => join(folder, name)));
  return candidates.find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not to be run: the next candidate may be.
    return false;
  }
}

/** True where fresh data of a machine stand behind the page. */
async function answers(url: string): Promise<boolean> {
  try {
    const health = await fetch(new URL("/healthz", url), { signal: AbortSignal.timeout(2_000) });
    return health.ok;
  } catch {
    // Nobody listens; the caller starts the demo or asks again.
    return false;
  }
}

async function startDemo(url: string): Promise<ChildProcess> {
  const demo = spawn(process.execPath, ["firmware/main.ts", "demo"], {
    cwd: ROOT,
    stdio: "inherit",
  });
  const until = performance.now() + START_MS_MAX;
  while (performance.now() < until && demo.exitCode === null) {
    if (await answers(url)) return demo;
    await sleep(ASK_EVERY_MS);
  }
  await stopDemo(demo);
  throw new Error(`the demo did not serve ${url} within ${START_MS_MAX / 1_000} s`);
}

async function stopDemo(demo: ChildProcess): Promise<void> {
  if (demo.exitCode !== null) return;
  const ended = new Promise((resolve) => demo.once("exit", resolve));
  demo.kill("SIGTERM");
  await Promise.race([ended, sleep(STOP_MS_MAX, undefined, { ref: false })]);
}

async function take(browser: Browser, url: string, shot: Shot, settleMs: number): Promise<void> {
  const { width, height, scale, scheme, whole, file } = shot;
  const page = await browser.newPage({
    viewport: { width, height },
    deviceScaleFactor: scale,
    colorScheme: scheme,
  });
  await page.goto(url);
  await page.locator('body[data-connection="live"]').waitFor();
  await page.waitForTimeout(settleMs);
  await page.screenshot({ path: join(PICTURES, file), fullPage: whole });
  console.log(`docs/pictures/${file}`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      url: { type: "string", default: "http://127.0.0.1:8420/" },
      settle: { type: "string", default: "345" },
      browser: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const settleMs = Number(values.settle) * 1_000;
  if (values.help || !URL.canParse(values.url) || !(settleMs >= 0)) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  const executablePath = values.browser ?? findBrowser();
  if (executablePath === null) {
    console.error("no Chromium is on the path; install one or name it with --browser");
    return 1;
  }
  mkdirSync(PICTURES, { recursive: true });
  const demo = (await answers(values.url)) ? null : await startDemo(values.url);
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    await Promise.all(SHOTS.map((shot) => take(browser, values.url, shot, settleMs)));
  } finally {
    await browser.close();
    if (demo) await stopDemo(demo);
  }
  return 0;
}

process.exitCode = await main();
