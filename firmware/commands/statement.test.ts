// A statement from a real ledger file, checked by the verifier's command: what lessor and lessee do
// at the end of a month.

import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { Life } from "../../runtime/testing/ledger-life.ts";
import { writeLifeLedger } from "../../runtime/testing/life-ledger.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const HOUR = 3_600_000;

const scratch = scratchDirectory();

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly error: string;
}

function telltale(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, ...args],
      { cwd: scratch.path, timeout: 30_000 },
      (_failure, out, error) => resolve({ status: child.exitCode ?? -1, out, error }),
    );
  });
}

const WEEK = ["--contract", "c.yaml", "--ledger", "l.sqlite", "--from", "2026-03-03"];

beforeAll(async () => {
  // From Monday, 2 March 2026, 06:00 in Berlin.
  const life = new Life({ cosignEveryMs: 12 * HOUR }).boot().hire();
  for (let day = 0; day < 5; day++) {
    life.run("OFF", 2 * HOUR).run("WORKING", 10 * HOUR, { mode: "Processing" });
    life.run("FAULT", HOUR, { source: "machine" }).run("OFF", 11 * HOUR);
  }
  life.cosign();
  await writeLifeLedger(scratch.at("l.sqlite"), life);
  writeFileSync(scratch.at("c.yaml"), life.contractText);
  writeFileSync(scratch.at("c.yaml.jws"), life.contractJws);
  return () => scratch[Symbol.dispose]();
});

describe.concurrent("telltale statement", () => {
  test("makes a statement that is valid, a page of it, and a summary", async () => {
    const { status, out, error } = await telltale(
      "statement",
      ...WEEK,
      ...["--to", "2026-03-06", "--out", "s.json", "--html", "s.html"],
    );
    expect(error).toBe("");
    expect(status).toBe(0);
    // Three days of 200.00, 2 h a day beyond the 8 included ones, 3 h of FAULT.
    expect(out).toMatch(/^2026-03-04 night +11:00:00|^2026-03-04 day/m);
    expect(out).toMatch(/^Hire, each day that begins in the period +600\.00 EUR$/m);
    expect(out).toMatch(/^ {4}6\.00 h × 35\.00 EUR\/h = 210\.00 EUR$/m);
    expect(out).toMatch(/^total +780\.00 EUR$/m);
    for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(readFileSync(scratch.at("s.html"), "utf8")).toContain("780.00");
    const verified = await telltale("verify", "s.json", "--contract", "c.yaml");
    expect(verified.out).toContain("s.json");
    expect(verified.status).toBe(0);
  });

  test("is the same file each time", async () => {
    for (const name of ["one.json", "two.json"]) {
      const made = await telltale("statement", ...WEEK, "--to", "2026-03-05", "--out", name);
      expect(made.status).toBe(0);
    }
    const [one, two] = ["one.json", "two.json"].map((name) => readFileSync(scratch.at(name)));
    expect(one!.equals(two!)).toBe(true);
  });

  test("takes times of day, names its file, and gives JSON to programs", async () => {
    const { status, out } = await telltale(
      "statement",
      ...WEEK.slice(0, -1),
      ...["2026-03-03T08:00", "--to", "2026-03-03T12:30", "--json"],
    );
    expect(status).toBe(0);
    const { file, figures } = JSON.parse(out);
    expect(file).toBe("statement-hire-1-2026-03-03T08-00-2026-03-03T12-30.json");
    expect(figures.hours).toEqual({ working: 4.5 * HOUR, starts: 1, loads: 1 });
  });

  test.each([
    {
      name: "a day that is none",
      from: "2026-02-30",
      to: "2026-03-06",
      says: "--from 2026-02-30: not a date",
    },
    {
      name: "an end before the beginning",
      from: "2026-03-06",
      to: "2026-03-03",
      says: "the period ends before it begins",
    },
    {
      name: "more than a year",
      from: "2024-01-01",
      to: "2026-03-03",
      says: "the period is longer than 400 days",
    },
    {
      name: "a time before the ledger",
      from: "2025-01-01",
      to: "2025-02-01",
      says: "The ledger begins at 2026-03-02",
    },
    {
      name: "a time after it",
      from: "2027-01-01",
      to: "2027-02-01",
      says: "The ledger ends at 2026-03-07",
    },
  ])("refuses $name, in words", async ({ from, to, says }) => {
    const { status, out, error } = await telltale(
      "statement",
      ...["--contract", "c.yaml", "--ledger", "l.sqlite", "--from", from, "--to", to],
    );
    expect(out).toBe("");
    expect(error).toContain(says);
    expect(error).not.toContain("    at ");
    expect(status).toBe(2);
  });

  test("refuses a contract that nobody signed, one that was changed since, and none", async () => {
    const text = readFileSync(scratch.at("c.yaml"), "utf8");
    writeFileSync(scratch.at("unsigned.yaml"), text);
    writeFileSync(scratch.at("changed.yaml"), `${text}# cheaper\n`);
    writeFileSync(scratch.at("changed.yaml.jws"), readFileSync(scratch.at("c.yaml.jws"), "utf8"));
    writeFileSync(scratch.at("wrong.yaml"), "contract: 1\nid: x\nnonsense: 2\n");
    const run = (file: string) =>
      telltale("statement", "--contract", file, ...WEEK.slice(2), "--to", "2026-03-06");
    const [unsigned, changed, wrong, missing] = await Promise.all(
      ["unsigned.yaml", "changed.yaml", "wrong.yaml", "missing.yaml"].map(run),
    );
    expect(unsigned!.error).toContain("unsigned.yaml is not signed");
    expect(changed!.error).toContain("changed.yaml.jws has a wrong signature");
    expect(wrong!.error).toMatch(/^wrong\.yaml:3:1 /m);
    expect(missing!.error).toContain("missing.yaml");
    for (const one of [unsigned, changed, wrong, missing]) expect(one!.status).toBe(2);
  });
});
