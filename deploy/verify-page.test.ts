// The page that checks a statement, in a real browser and from disk: same answers as the command,
// without any network.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, type TestContext, test } from "vitest";
import type { Statement } from "../runtime/ledger/statement.ts";
import { statementBytes, statementOf } from "../runtime/testing/ledger-forgery.ts";
import { type LivedLife, livedLife } from "../runtime/testing/lived-life.ts";
import { requires } from "../runtime/testing/requires.ts";
import { type ScratchDirectory, scratchDirectory } from "../runtime/testing/scratch-directory.ts";
import { writeVerifyPage } from "./build-verify-page.ts";

/** A busy machine takes a while to compute. */
const SOON = { timeout: 15_000, interval: 50 };

let browser: Browser | null = null;
let page: Page;
let scratch: ScratchDirectory;
let folder: string;
let lived: LivedLife;
let statement: Statement;
/** What the browser complained about, and everything that it asked the network for. */
let complaints: string[];
let requests: string[];

beforeAll(async () => {
  scratch = scratchDirectory();
  folder = scratch.path;
  await writeVerifyPage(join(folder, "verify.html"));
  lived = livedLife();
  statement = statementOf(lived.life, lived.period.from, lived.period.to);
});
afterEach(async () => {
  await page?.close();
});
afterAll(async () => {
  await browser?.close();
  scratch[Symbol.dispose]();
});

async function visit(context: TestContext, viewport = { width: 1_280, height: 900 }) {
  const executablePath = requires(context, "chromium");
  const quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-sync"];
  browser ??= await chromium.launch({ executablePath, args: quiet });
  page = await browser.newPage({ viewport });
  complaints = [];
  requests = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(join(folder, "verify.html")).href);
}

function fileOf(name: string, content: Uint8Array | string): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

const choose = (id: string, file: string) => page.locator(`#${id}`).setInputFiles(file);
const verdict = () => page.locator("#verdict h2").textContent(SOON);
const namesOf = (kind: string) =>
  page
    .locator(`[data-verdict="${kind}"]`)
    .evaluateAll((items) => items.map((item) => item.getAttribute("data-check")));
const offNetwork = () => requests.filter((url) => !/^(file|blob):/.test(url));

test("a valid statement has its figures and chart, and nothing is fetched", async (context) => {
  await visit(context);
  await choose("contract-file", fileOf("contract.yaml", lived.life.contractText));
  await choose("statement-file", fileOf("march.json", statementBytes(statement)));
  expect(await verdict()).toBe("Valid");
  expect(await namesOf("ok")).toHaveLength(20);
  await expect.poll(() => page.title(), SOON).toBe("Valid: march.json");
  expect(await page.locator("#statement svg.hours-chart").count()).toBe(1);
  const headline = await page.locator("#verdict").textContent();
  const { machine, id } = lived.life.contract;
  const { amountMinor, currency } = statement.figures.total;
  expect(headline).toContain(`${machine.model}, ${machine.serialNumber}`);
  expect(headline).toContain(`${id}: `);
  expect(headline).toMatch(/Period\s*2026-\d\d-\d\d \d\d:\d\d UTC\+0[12]:00 to 2026-/);
  expect(headline!.replaceAll(/\s/g, "")).toContain(`${(amountMinor / 100).toFixed(2)}${currency}`);
  expect(await page.locator("#result").textContent()).not.toContain("do not rely");
  const total = amountMinor / 100;
  const shown = (await page.locator("#statement tfoot").first().textContent())!.replaceAll(
    /\s/g,
    "",
  );
  expect(shown).toContain(`${total.toFixed(2)}`);
  expect(complaints).toEqual([]);
  expect(offNetwork()).toEqual([]);
});

test("one edited digit is named: its line, what was expected, what was found", async (context) => {
  await visit(context);
  const { lines } = statement.figures;
  const [line] = lines;
  const edited = lines.map((one) => (one === line ? { ...one, amountMinor: 1 } : one));
  const figures = { ...statement.figures, lines: edited };
  await choose("statement-file", fileOf("edited.json", statementBytes({ ...statement, figures })));
  expect(await verdict()).toBe("Not valid");
  expect(await namesOf("failed")).toEqual(["tariff mismatch"]);
  const words = await page.locator('[data-check="tariff mismatch"]').textContent();
  expect(words).toContain(`line ${line!.id}`);
  expect(words).toContain(String(line!.amountMinor));
  expect(await namesOf("warning")).toEqual(["replaced key", "contract"]);
  // The figures below are marked, wherever one scrolls to, and remedies are those of the page.
  const marked = page.locator("#statement .card:has(.tag.bad) h2").allTextContents();
  expect((await marked).map((heading) => heading.split(" not valid")[0])).toEqual([
    "Amount",
    "Hours per day",
    "Registers in hours; they never reset",
    "By day and shift",
    "Quality",
    "Signed by",
  ]);
  expect(await page.locator("#statement > .notice.bad").textContent()).toContain("Not valid");
  expect(await page.locator("#result").textContent()).not.toMatch(/--(key|contract)/);
});

test("the key and the tree head that a party kept are looked at as well", async (context) => {
  await visit(context);
  await choose("statement-file", fileOf("march.json", statementBytes(statement)));
  expect(await verdict()).toBe("Valid");
  const other = livedLife({ name: "other", startUtc: lived.period.from }).life;
  await choose("kept-file", fileOf("kept.txt", other.segment.checkpoints.at(-2)!.note));
  await expect.poll(() => namesOf("failed"), SOON).toEqual(["fork"]);
  await page.locator("#key").fill(lived.life.contract.parties.lessor.keys[0]!);
  await page.locator("#key").blur();
  await expect.poll(() => namesOf("failed"), SOON).toEqual(["replaced key", "fork"]);
});

test("files that are dropped find their place", async (context) => {
  await visit(context);
  const dropped = [
    ["march.json", new TextDecoder().decode(statementBytes(statement))],
    ["contract.yaml", lived.life.contractText],
    ["kept.txt", statement.closing.checkpoint],
  ] as const;
  await page.evaluate((given) => {
    const scope = globalThis as unknown as {
      DataTransfer: new () => { items: { add(file: unknown): void } };
      DragEvent: new (type: string, init: object) => never;
      document: { dispatchEvent(event: never): void };
    };
    const dataTransfer = new scope.DataTransfer();
    for (const [name, text] of given) dataTransfer.items.add(new File([text], name));
    scope.document.dispatchEvent(
      new scope.DragEvent("drop", { dataTransfer, cancelable: true, bubbles: true }),
    );
  }, dropped);
  expect(await verdict()).toBe("Valid");
  expect(await namesOf("warning")).toEqual([]);
  expect(await page.locator("#kept-name").textContent()).toBe("kept.txt");
});

test("what is no statement gets an answer, and hostile names stay names", async (context) => {
  await visit(context);
  const name = "<img src=x onerror=alert(1)>.json";
  await choose("statement-file", fileOf(name, "[".repeat(1_000_000)));
  expect(await verdict()).toBe("Not valid");
  expect(await namesOf("failed")).toEqual(["not a statement"]);
  expect(await page.locator("#verdict p").textContent()).toContain(name);
  expect(await page.locator("#result img").count()).toBe(0);
  expect(complaints).toEqual([]);
});

test("nothing is cut off on a phone, and it is dark where that is asked for", async (context) => {
  await visit(context, { width: 360, height: 740 });
  await page.emulateMedia({ colorScheme: "dark" });
  await choose("statement-file", fileOf("march.json", statementBytes(statement)));
  expect(await verdict()).toBe("Valid");
  const overhang = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
  for (const width of [320, 360, 768]) {
    await page.setViewportSize({ width, height: 740 });
    expect([width, await page.evaluate(overhang)]).toEqual([width, 0]);
  }
  const ground = "getComputedStyle(document.body).backgroundColor";
  expect(await page.evaluate(ground)).toBe("rgb(20, 24, 27)");
});
