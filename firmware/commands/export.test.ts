// `telltale export` as a person meets it: of a statement's file, and of an instance's stream.

import { execFile, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MemorySource, serve } from "../../protocols/stream/test-rig.ts";
import { fromHex } from "../../runtime/ledger/bytes.ts";
import { canonicalJson } from "../../runtime/ledger/canonical-json.ts";
import { softwareSigner } from "../../runtime/ledger/keys.ts";
import { parseOcmf } from "../../runtime/ledger/ocmf.ts";
import { verifyOcmf } from "../../runtime/ledger/ocmf-verify.ts";
import type { Statement } from "../../runtime/ledger/statement.ts";
import { openLedgerCopy } from "../../runtime/ledger-store/ledger-copy.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { writeKeptLedger } from "../../runtime/testing/kept-ledger.ts";
import { requiresPython } from "../../runtime/testing/requires.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { statementSample } from "../../runtime/testing/statement-sample.ts";
import { ZERO_REGISTERS } from "../../runtime/usage/usage-state.ts";
import { hostTimers } from "../host/timers.ts";
import { ledgerAnswer } from "../meter/ledger-answers.ts";
import { ocmfAnswer } from "../meter/ocmf-answer.ts";
import { type AempExportOptions, runExportAemp } from "./export-aemp.ts";
import { type OcmfExportOptions, runExportOcmf } from "./export-ocmf.ts";
import { tableOf } from "./export-tables.ts";
import { readStatementFile } from "./statement-input.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

function telltale(...args: readonly string[]) {
  return new Promise<{ status: number; out: string; error: string }>((resolve) => {
    const options = { maxBuffer: 16 * 1024 * 1024 };
    const child = execFile(
      process.execPath,
      [MAIN, "export", ...args],
      options,
      (_failure, out, error) => resolve({ status: child.exitCode ?? -1, out, error }),
    );
  });
}

let scratch: ReturnType<typeof scratchDirectory>;
let statement: Statement;
let file: string;
beforeAll(() => {
  scratch = scratchDirectory();
  ({ statement } = statementSample());
  file = scratch.at("statement.json");
  writeFileSync(file, `${canonicalJson(statement)}\n`);
});
afterAll(() => scratch[Symbol.dispose]());

/** A table as Python's own reader has it. */
function rowsOf(context: Parameters<typeof requiresPython>[0], text: string) {
  const program = "import csv, json, sys; print(json.dumps(list(csv.DictReader(sys.stdin))))";
  const python = requiresPython(context, "csv", "json");
  const { stdout, stderr } = spawnSync(python, ["-c", program], {
    input: text,
    timeout: 20_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  expect(stderr.toString()).toBe("");
  return JSON.parse(stdout.toString()) as Record<string, string>[];
}

describe("a statement as a table", () => {
  test("has the hours of each day and shift, which add up to the statement's", async (context) => {
    const { status, out } = await telltale("csv", file);
    expect(status).toBe(0);
    const rows = rowsOf(context, out);
    const sum = (column: string) => rows.reduce((total, row) => total + Number(row[column]), 0);
    expect(sum("workingMs")).toBe(statement.figures.hours.working);
    expect(sum("unknownMs")).toBe(statement.figures.hours.unknown);
    expect(sum("starts")).toBe(statement.figures.hours.starts);
    expect(rows.find(({ day, shift }) => day === "2026-03-02" && shift === "day")).toMatchObject({
      workingHours: "7.95",
      workingMs: "28620000",
      idleHours: "0.90",
    });
  });

  test("has the lines of the bill", (context) => {
    const rows = rowsOf(context, tableOf("lines")(statement));
    expect(rows.map(({ id, amount }) => [id, amount])).toEqual([
      ["base", "2400.00"],
      ["included", "0.00"],
      ["credit", "-77.50"],
      ["total", "2322.50"],
    ]);
    const timed = rows.filter(({ unit }) => unit === "ms");
    expect(timed.length).toBeGreaterThan(0);
    for (const { quantity, quantityHours } of timed) {
      expect(quantityHours).toMatch(/^\d+\.\d{2,7}$/);
      const short = Number(quantity) / 3_600_000 - Number(quantityHours);
      expect(short).toBeGreaterThan(-1e-9);
      expect(short).toBeLessThan(1.001e-7);
    }
    expect(rows.find(({ id }) => id === "base")!["quantityHours"]).toBe("");
  });

  test("has every leaf", (context) => {
    const rows = rowsOf(context, tableOf("leaves")(statement));
    expect(rows.length).toBe(statement.leaves.length);
    const states = rows.filter(({ type }) => type === "STATE");
    expect(states[0]).toMatchObject({ timeQuality: "S", lease: "hire-1", leaseState: "on-hire" });
  });

  test("has no cell that a spreadsheet would compute", (context) => {
    const formula = '=HYPERLINK("http://evil.example","x")';
    const hours = { working: 1 };
    const shifts = { [formula]: hours, "+1": hours, "@SUM(A1)": hours, "-2": hours, "\tx": hours };
    const figures = { ...statement.figures, days: [{ day: "2026-03-02", shifts }] };
    const rows = rowsOf(context, tableOf("days")({ ...statement, figures }));
    expect(rows.map(({ shift }) => shift)).toEqual(Object.keys(shifts).map((name) => `'${name}`));
  });

  test("is refused by name where the file is none, or its figures are not its own", async () => {
    const wrong = scratch.at("wrong.json");
    const { figures } = statement;
    const total = { ...figures.total, amountMinor: figures.total.amountMinor + 1 };
    const edited = { ...statement, figures: { ...figures, total } };
    writeFileSync(wrong, `${canonicalJson(edited)}\n`);
    const cases = [
      [wrong, "figures that do not follow from its leaves"],
      [scratch.at("none.json"), "none.json"],
      [MAIN, "is no statement"],
    ] as const;
    for (const [name, words] of cases) {
      expect(() => readStatementFile(name)).toThrow(words);
      expect(() => readStatementFile(name)).toThrow(Fault);
    }
    expect(() => tableOf("x")).toThrow('there is no table "x"');
    expect(() => tableOf("__proto__")).toThrow(Fault);
    const { status, out, error } = await telltale("csv", wrong);
    expect([status, out, error]).toEqual([2, "", expect.stringContaining("telltale verify")]);
  });
});

const BEGIN = "2026-01-01T00:00:00Z";
const END = "2026-12-31T00:00:00Z";

/** An instance with a ledger of 300 leaves, behind a real socket. */
async function instance() {
  const path = scratch.at(`ledger-${Math.floor(performance.now())}.sqlite`);
  await writeKeptLedger(path, 300);
  const copy = openLedgerCopy(path);
  const signer = softwareSigner("p256", new Uint8Array(32).fill(2));
  const machine = { maker: "Nordwind", model: "SK 37", serialNumber: "NW-1", location: "" };
  const source = new MemorySource(new FakeClock());
  source.answer = async (what, args) => {
    if (what === "ledger") return JSON.parse(await ledgerAnswer(copy, args));
    if (what === "ocmf") {
      return JSON.parse(await ocmfAnswer({ ledger: copy, signer, machine }, args));
    }
    const registers = { ...ZERO_REGISTERS, working: 3_600_000, idle: 1_800_000, unknown: 9 };
    const time = { utc: Date.UTC(2026, 0, 2) };
    return { machine, controller: "c1", time, usage: { state: "WORKING", registers } };
  };
  const serving = await serve(source, hostTimers);
  return {
    url: serving.url,
    async [Symbol.asyncDispose]() {
      await serving[Symbol.asyncDispose]();
      copy.close();
    },
  };
}

describe("of an instance", () => {
  test("AEMP is what the gateway serves", async () => {
    await using running = await instance();
    const { out, error } = await telltale("aemp", "--url", running.url);
    expect(error).toBe("");
    expect(out).toContain("<Hour>1.50</Hour>");
    expect(out).toContain("<SerialNumber>NW-1</SerialNumber>");
  });

  test("a series has its pages", async () => {
    await using running = await instance();
    const range = ["--from", BEGIN, "--to", END, "--url", running.url, "--json"];
    const series = ["aemp", "--series", "CumulativeOperatingHours", ...range];
    const third = JSON.parse((await telltale(...series, "--page", "3")).out);
    expect(third.CumulativeOperatingHours).toHaveLength(100);
    expect(third.Links.map(({ rel }: { rel: string }) => rel)).toEqual(["self", "prev", "last"]);
    const options = { series: "CumulativeOperatingHours", from: BEGIN, to: END, page: "4" };
    const fourth = runExportAemp({ ...options, url: running.url });
    await expect(fourth).rejects.toThrow("The last page of this range is 3.");
  });

  test("an OCMF record is signed by its meter, and checked", async () => {
    await using running = await instance();
    const asked = ["ocmf", "--from", BEGIN, "--to", END, "--url", running.url];
    const { out, error } = await telltale(...asked, "--json");
    expect(error).toBe("");
    const { record, key } = JSON.parse(out);
    const parsed = parseOcmf(record);
    if (typeof parsed === "string") throw new Error(parsed);
    expect(verifyOcmf(parsed, fromHex(key)!)).toBeNull();
    const early = { from: "2025-01-01T00:00:00Z", to: "2025-02-01T00:00:00Z" };
    const refused = runExportOcmf({ ...early, url: running.url });
    await expect(refused).rejects.toThrow("no leaf of the period was dated");
    // The ledger of this instance ends before that period begins.
    const later = runExportOcmf({ statement: file, url: running.url });
    await expect(later).rejects.toThrow("no leaf of the period was dated");
  });

  test.each<[AempExportOptions, string]>([
    [{ from: BEGIN }, "belong to a series"],
    [{ series: "Locations", from: BEGIN }, "needs --from and --to"],
  ])("AEMP of %j is refused before anything is asked", async (options, words) => {
    await expect(runExportAemp(options)).rejects.toThrow(words);
  });

  test.each<[OcmfExportOptions, string]>([
    [{}, "--from is missing"],
    [{ from: "2026-01-01", to: END }, "--from 2026-01-01"],
    [{ from: BEGIN, to: END, registers: "overload" }, '"overload"'],
    [{ statement: "a", from: BEGIN }, "says the period and the registers itself"],
  ])("OCMF of %j is refused before anything is asked", async (options, words) => {
    await expect(runExportOcmf(options)).rejects.toThrow(words);
  });
});
