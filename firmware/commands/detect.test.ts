// `telltale detect` as a person meets it: on tables of their own making, and on real recordings.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requiresShared } from "../../runtime/testing/requires.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { timeOf } from "./detect/table.ts";
import { registerDetect } from "./detect.ts";
import { runCommand } from "./test-rig.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

let scratch: ReturnType<typeof scratchDirectory>;
beforeAll(() => {
  scratch = scratchDirectory();
});
afterAll(() => scratch[Symbol.dispose]());

const detect = (...args: readonly string[]) => runCommand([registerDetect], ["detect", ...args]);

function table(text: string): string {
  const file = scratch.at("table.csv");
  writeFileSync(file, text);
  return file;
}

/** Minutes of a saw tooth, with one value that never was. */
function sawTooth(separator = ",", rows = 400, odd = 300): string {
  const lines = [`time${separator}level${separator}note`];
  for (let row = 0; row < rows; row++) {
    const time = new Date(row * 60_000).toISOString();
    lines.push([time, row === odd ? 40 : row % 17, "a"].join(separator));
  }
  return `${lines.join("\n")}\n`;
}

describe("a table of one value", () => {
  test("has a line for each row: time as it stands there, score, alarm, who speaks", async () => {
    const { status, out, error } = await detect(table(sawTooth()), "--time=time", "--value=level");
    expect(status).toBe(0);
    const lines = out.trimEnd().split("\n");
    expect(lines[0]).toBe("time,score,alarm,column");
    expect(lines).toHaveLength(401);
    expect(lines[1]).toBe("1970-01-01T00:00:00.000Z,0,0,");
    expect(lines.filter((line) => line.split(",")[2] === "1")).toEqual([
      expect.stringMatching(/^1970-01-01T05:00:00\.000Z,0\.9\d*,1,level$/),
    ]);
    expect(error).toContain("400 rows, from 1970-01-01T00:00:00.000Z to 1970-01-01T06:39:00.000Z.");
    expect(error).toContain("Learned from the first 150; 1 alarm, 1 row in all.");
    expect(error).toMatch(/^\[~+\.+!\.+\]$/m);
  });

  test("as JSON has an object for each row", async () => {
    const file = table(sawTooth());
    const { out } = await detect(file, "--time", "time", "--value", "level", "--json");
    const rows = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(rows[0]).toEqual({
      time: "1970-01-01T00:00:00.000Z",
      score: 0,
      alarm: false,
      column: null,
      learning: true,
    });
    expect(rows.filter(({ learning }) => learning)).toHaveLength(150);
    expect(rows.findIndex(({ alarm }) => alarm)).toBe(300);
    expect(rows[300]).toMatchObject({ column: "level", learning: false });
  });

  test.each([
    ["semicolons, told by the first line", ";", []],
    ["tabs", "\t", []],
    ["what --delimiter says", "|", ["--delimiter", "|"]],
  ])("may be separated by %s", async (_, separator, options) => {
    const file = table(sawTooth(separator));
    const { status, out } = await detect(file, "--time=time", "--value=level", ...options);
    expect(status).toBe(0);
    expect(out.match(/,1,level$/gm)).toHaveLength(1);
  });

  test("is learned from for as long as --learn says", async () => {
    const file = table(sawTooth());
    const args = [file, "--time=time", "--value=level", "--learn=350"] as const;
    const { out, error } = await detect(...args);
    expect(out).not.toMatch(/,1,level$/m);
    expect(error).toContain("Learned from the first 350; no alarm.");
  });

  test("whose time runs backwards is judged, and the column is asked about", async () => {
    const file = table("time,level\n3,1\n2,2\n1,1\n");
    const { status, out, error } = await detect(file, "--time=time", "--value=level");
    expect(status).toBe(0);
    expect(out.trimEnd().split("\n")).toHaveLength(4);
    expect(error).toContain('2 rows are earlier than the row before: is "time" the time?');
    const forwards = await detect(table(sawTooth()), "--time=time", "--value=level");
    expect(forwards.error).not.toContain("earlier");
  });

  test("comes from standard input as well", () => {
    const args = [MAIN, "detect", "-", "--time", "time", "--value", "level"];
    const options = { input: sawTooth(), timeout: 20_000, encoding: "utf8" } as const;
    const { status, stdout } = spawnSync(process.execPath, args, options);
    expect(status).toBe(0);
    expect(stdout.split("\n").filter((line) => line.endsWith(",1,level"))).toHaveLength(1);
  });

  test.each([
    ["one row", 1],
    ["fewer rows than it learns from", 120],
  ])("of %s concludes nothing, and says so", async (_, rows) => {
    const file = table(sawTooth(",", rows));
    const { status, error } = await detect(file, "--time=time", "--value=level");
    expect(status).toBe(0);
    expect(error).toContain("Nothing can be concluded: 150 rows with values are learned from");
  });

  test("without rows concludes nothing, and says so", async () => {
    const { status, error } = await detect(table("time,level\n"), "--time=time", "--value=level");
    expect(status).toBe(0);
    expect(error).toContain("The table has no rows: nothing can be concluded.");
  });

  test("may have missing, infinite and constant cells", async () => {
    const cells = ["5", "", "NaN", "null", "inf", "-Infinity", "5.0", "5e0", "NA"];
    const lines = Array.from({ length: 900 }, (_, row) => `${row},${cells[row % cells.length]}`);
    const { status, out } = await detect(
      table(`t,v\n${lines.join("\n")}\n`),
      "--time=t",
      "--value=v",
    );
    expect(status).toBe(0);
    expect(out).not.toMatch(/,1,v$/m);
  });
});

describe("what is wrong is named by its place", () => {
  const args = ["--time=time", "--value=level"] as const;
  test.each([
    ["time,level\n1,2\n2,warm\n", 'line 3, column "level": "warm" is no number'],
    ["time,level\n1,2\n\nnoon,3\n", 'line 4, column "time": "noon" is no time'],
    ["time,level\n1,2\n2,3,4\n", "line 3 is no row of this table (it has more or fewer cells"],
    ['time,level\n1,"2\n', "is no row of this table (a quotation mark is not closed)"],
    [`time,level\n1,${"2".repeat(70_000)}\n`, "it has more than 65536 characters"],
    ["time,level,level\n1,2,3\n", 'line 1 has two columns "level"'],
    ["", "line 1 is empty; it has to name the columns"],
    ["\u0000\u0001\u0002", "it is no table of text"],
  ])("%#", async (text, message) => {
    const { status, error } = await detect(table(text), ...args);
    expect(error).toContain(message);
    expect(error).not.toContain("should not happen");
    expect(status).toBe(2);
  });

  test("an unknown column, with the columns there are", async () => {
    const file = table("when;level\n1;2\n");
    const { status, error } = await detect(file, ...args);
    expect(status).toBe(2);
    expect(error).toContain('has no column "time"');
    expect(error).toContain("Its columns are: when, level.");
  });

  test("a file that is not there, a directory", async () => {
    const absent = await detect(scratch.at("absent.csv"), ...args);
    expect([absent.status, absent.error]).toEqual([2, expect.stringContaining("no such file")]);
    const folder = await detect(scratch.at("."), ...args);
    expect([folder.status, folder.error]).toEqual([2, expect.stringContaining("a directory")]);
  });

  test.each([
    [["--value=a,,b"], "--value has an empty name"],
    [["--value=a,b,a"], '--value names "a" twice'],
    [[`--value=${Array.from({ length: 65 }, (_, at) => `c${at}`).join(",")}`], "64 is the most"],
  ])("%j", async (options, message) => {
    const { status, error } = await detect(table("t,a\n"), "--time=t", ...options);
    expect([status, error]).toEqual([2, expect.stringContaining(message)]);
  });

  test("what was judged before a broken line has its rows", async () => {
    const { status, out } = await detect(table("time,level\n1,2\n2,x\n"), ...args);
    expect(status).toBe(2);
    expect(out).toBe("time,score,alarm,column\n1,0,0,\n");
  });
});

test.each([
  ["2026-11-23T14:05:00Z", 1_795_442_700_000],
  ["2026-11-23 14:05:00", 1_795_442_700_000],
  ["2026-11-23 14:05:00.250000", 1_795_442_700_250],
  ["2026-11-23T15:05+01:00", 1_795_442_700_000],
  ["2026-11-23", 1_795_392_000_000],
  ["1795442700", 1_795_442_700_000],
  ["1795442700000", 1_795_442_700_000],
  ["-5", -5_000],
  ["2026-13-41 00:00:00", Number.NaN],
  ["yesterday", Number.NaN],
  ["", Number.NaN],
])("the time %s", (text, atMs) => {
  expect(timeOf(text)).toBe(atMs);
});

describe("on recordings", () => {
  test("the machine's temperature falls out of its range before it fails", async (context) => {
    const file = requiresShared(
      context,
      "data/nab/data/realKnownCause/machine_temperature_system_failure.csv",
    );
    const { status, out } = await detect(file, "--time=timestamp", "--value=value");
    expect(status).toBe(0);
    expect(out.trimEnd().split("\n")).toHaveLength(1 + 22_695);
    // The shutdown of 16 December 2013 that its operators knew of.
    expect(out).toMatch(/^2013-12-1[56] [\d:]+,0\.[5-9]\d*,1,value$/m);
  });

  test("a valve that closes alarms by the flow, while it is closed", async (context) => {
    const file = requiresShared(context, "data/skab/valve1/13.csv");
    const columns = "Current,Pressure,Temperature,Thermocouple,Voltage,Volume Flow RateRMS";
    const { status, out } = await detect(file, "--time=datetime", "--value", columns, "--json");
    expect(status).toBe(0);
    const rows = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const during = rows.slice(620, 930);
    expect(during.every(({ alarm }) => alarm)).toBe(true);
    expect(new Set(during.map(({ column }) => column))).toEqual(new Set(["Volume Flow RateRMS"]));
    expect(rows.slice(0, 300).some(({ alarm }) => alarm)).toBe(false);
  });
});
