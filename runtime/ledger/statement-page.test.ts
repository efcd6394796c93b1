// The page of a statement as text and in a real browser.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, type TestContext, test } from "vitest";
import { contractText } from "../testing/contract-text.ts";
import { requires } from "../testing/requires.ts";
import { type StatementSample, statementSample } from "../testing/statement-sample.ts";
import type { Contract } from "./contract.ts";
import type { Statement } from "./statement.ts";
import { statementPage } from "./statement-page.ts";

let sample: StatementSample;
let statement: Statement;
let browser: Browser | null = null;
let folder: string;
beforeAll(() => {
  sample = statementSample();
  statement = sample.statement;
  folder = mkdtempSync(join(tmpdir(), "statement-page-"));
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

const plain = (text: string) => text.replaceAll("\u202f", " ").replaceAll("\u2212", "-");

/** Opens the page from disk, as a person does, and gives what the browser complained about. */
async function open(
  context: TestContext,
  shown: Statement,
  options: { readonly width?: number; readonly dark?: boolean; readonly print?: boolean } = {},
) {
  const executablePath = requires(context, "chromium");
  browser ??= await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
  const page = await browser.newPage({
    viewport: { width: options.width ?? 1_100, height: 900 },
    colorScheme: options.dark ? "dark" : "light",
  });
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith("file:")) complaints.push(`asked for ${request.url()}`);
  });
  if (options.print) await page.emulateMedia({ media: "print" });
  const file = join(folder, "statement.html");
  writeFileSync(file, statementPage(shown));
  await page.goto(pathToFileURL(file).href);
  return { page, complaints };
}

function withContract(change: (contract: Contract) => Partial<Contract>): Statement {
  const { contract } = sample.life;
  const text = contractText({ ...contract, ...change(contract) });
  return { ...statement, contract: { ...statement.contract, text } };
}

/** 12 days at 200.00, less 7.75 h in FAULT at 10.00. */
const TOTAL = "2 322.50";

describe("the page says", () => {
  test("what is billed, with the exact milliseconds behind the hours", () => {
    const text = plain(statementPage(statement));
    expect(text).toContain(TOTAL);
    expect(text).toContain("rounded down to full 15 min");
    expect(text).toContain('title="27 900 000 ms">7.75 h');
    expect(text).toContain('title="257 580 000 ms">71.55');
  });

  test("from when to when, in local time with its distance from UTC", () => {
    const text = plain(statementPage(statement));
    expect(text).toContain("2026-03-02 00:00 UTC+01:00");
    expect(text).toContain("2026-03-14 00:00 UTC+01:00");
  });

  test("what to look at before every figure", () => {
    const text = statementPage(statement);
    const [notice, figures] = [text.indexOf("One thing to look at"), text.indexOf("Total")];
    expect(notice).toBeGreaterThan(0);
    expect(notice).toBeLessThan(figures);
    const calm = { ...statement, figures: { ...statement.figures, notes: [] } };
    expect(statementPage(calm)).not.toContain("to look at</h2>");
  });

  test("a bound is rounded up", () => {
    expect(statementPage(statement)).toContain(">10.5 s<");
  });

  test("who signed, and names no signature that is wrong", () => {
    const text = statementPage(statement);
    expect(text).toContain("Lessor Ltd (lessor)");
    expect(text).toContain("the lessee’s witness");
    const forged = withContract(({ id }) => ({ id: `${id}0` }));
    const forgedText = statementPage(forged);
    expect(forgedText).not.toContain("Lessor Ltd (lessor)");
    expect(forgedText).toContain("has a wrong signature of lessor.example");
  });

  test("why a contract cannot be read, and all that needs no contract", () => {
    const contract = { ...statement.contract, text: "contract: [" };
    const text = plain(statementPage({ ...statement, contract }));
    expect(text).toMatch(/<h2>The contract in this statement cannot be read<\/h2><p>contract:1:/);
    expect(text).toContain(TOTAL);
  });
});

/** What tries to leave the text that it stands in. */
const HOSTILE = [
  `"><script>document.title='owned'</script>`,
  `<img src=x onerror="document.title='owned'">`,
  `</style><svg onload="document.title='owned'">`,
  `' autofocus onfocus='document.title="owned"' x='`,
  "\u202eesreveR\u202c \u0007bell",
];

function hostileStatement(text: string): Statement {
  const poisoned = withContract(({ parties, machine }) => ({
    id: text,
    zone: text,
    parties: {
      lessor: { ...parties.lessor, name: text },
      lessee: { ...parties.lessee, name: text },
    },
    machine: { ...machine, maker: text, model: text, serialNumber: text },
  }));
  const { figures } = poisoned;
  return {
    ...poisoned,
    controller: text,
    origin: text,
    key: text,
    opening: { ...poisoned.opening, checkpoint: text },
    figures: {
      ...figures,
      notes: [text],
      days: figures.days.map(({ shifts }) => ({
        day: text,
        shifts: { [text]: Object.values(shifts)[0]! },
      })),
      lines: figures.lines.map((line) => ({ ...line, text, formula: text })),
      quality: { ...figures.quality, configurations: [text], software: [text] },
      total: { ...figures.total, currency: text },
    },
  };
}

describe("in a browser", () => {
  test("the page opens from disk without a complaint and asks for nothing", async (context) => {
    const { page, complaints } = await open(context, statement);
    expect(await page.locator("svg.hours-chart > g").count()).toBe(12);
    expect(await page.title()).toBe("Statement 4711 2026-03-02 to 2026-03-13");
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("hostile texts stay texts", async (context) => {
    for (const text of HOSTILE) {
      const { page, complaints } = await open(context, hostileStatement(text));
      expect(await page.title()).not.toBe("owned");
      expect(statementPage(hostileStatement(text))).not.toContain(text);
      const foreign = "script, img, iframe, [onload], [onerror], [onfocus], [autofocus]";
      expect(await page.locator(foreign).count(), text).toBe(0);
      expect(await page.locator("style").count()).toBe(1);
      expect(complaints).toEqual([]);
      await page.close();
    }
  });

  test("nothing is wider than a phone, and dark is dark", async (context) => {
    const { page, complaints } = await open(context, statement, { width: 360, dark: true });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    const ground = await page.evaluate("getComputedStyle(document.body).backgroundColor");
    expect(ground).toBe("rgb(20, 24, 27)");
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("it prints on A4 and on Letter in a few pages", async (context) => {
    const { page } = await open(context, statement, { dark: true, print: true });
    expect(await page.evaluate("getComputedStyle(document.body).color")).toBe("rgb(27, 33, 38)");
    for (const format of ["A4", "Letter"] as const) {
      const printed = (await page.pdf({ format })).toString("latin1");
      const pages = printed.match(/\/Type\s*\/Page\b(?!s)/g) ?? [];
      expect(pages.length, format).toBeGreaterThanOrEqual(2);
      expect(pages.length, format).toBeLessThanOrEqual(5);
    }
    await page.close();
  });
});
