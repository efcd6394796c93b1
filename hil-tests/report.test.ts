// What a run leaves behind says the truth about what was not run.

import { expect, test } from "vitest";
import { scratchDirectory } from "../runtime/testing/scratch-directory.ts";
import {
  forgetReports,
  junitXml,
  type RunReport,
  reportText,
  type ScenarioReport,
  writeReports,
} from "./report.ts";
import { readReports, tableOf } from "./table.ts";

function scenario(changes: Partial<ScenarioReport>): ScenarioReport {
  const plain = { driver: "modbus", name: "reads", why: "", durationMs: 1_500, figures: {} };
  return { ...plain, outcome: "passed", ...changes };
}

function report(...scenarios: readonly ScenarioReport[]): RunReport {
  const at = "2026-01-02T03:04:05.000Z";
  return { place: "pty", seed: 7, at, versions: { node: "v24.0.0" }, scenarios };
}

const NOT_RUN = scenario({ outcome: "not run", why: "gcc is not installed" });

test("the XML names place, seed, versions and figures; what was not run is skipped", () => {
  const figures = { "wrong <values>": 0 };
  const xml = junitXml(report(scenario({ figures }), NOT_RUN));
  expect(xml).toContain('tests="2" failures="0" skipped="1" time="3"');
  for (const [name, value] of [
    ["place", "pty"],
    ["seed", "7"],
    ["node", "v24.0.0"],
    ["wrong &lt;values&gt;", "0"],
  ]) {
    expect(xml).toContain(`<property name="${name}" value="${value}"/>`);
  }
  expect(xml).toContain('<skipped message="gcc is not installed"/>');
});

test("the XML survives what a failure says", () => {
  const why = 'a < b & "c"\n\u001b[31mred\u001b[39m';
  const xml = junitXml(report(scenario({ outcome: "failed", why })));
  expect(xml).toContain('message="a &lt; b &amp; &quot;c&quot;&#10;[31mred[39m"');
});

test("the text names every scenario with what became of it", () => {
  const text = reportText(report(scenario({}), NOT_RUN));
  expect(text).toContain("passed   modbus: reads (1.5 s)");
  expect(text).toContain("not run  modbus: reads\n           gcc is not installed");
  expect(text).toContain("1 passed, 0 failed, 1 not run");
});

test("the table has every driver and place, also those without scenario or report", () => {
  const failed = scenario({ outcome: "failed", why: "boom\nsecond line" });
  const reports = new Map([["pty", report(scenario({}), failed, NOT_RUN)]] as const);
  const [head, , modbus, can, , ...rest] = tableOf(["modbus", "can"], reports).split("\n");
  const cells = (line = "") => line.split("|").map((cell) => cell.trim());
  expect(cells(head)).toEqual(["", "driver", "simulated", "pty", "board", "bench", ""]);
  expect(cells(modbus)[3]).toBe("1 passed, 1 failed, 1 not run");
  expect(cells(modbus)[2]).toBe("not run: no report");
  expect(cells(can)[3]).toBe("not run: no scenario");
  expect(rest).toContain("pty, 1 not run: gcc is not installed");
  expect(rest).toContain("pty, 1 failed: modbus: reads: boom");
});

test("a run that is killed leaves nothing of an older one to stand for it", () => {
  using scratch = scratchDirectory();
  const { path: directory } = scratch;
  writeReports(directory, report(scenario({})));
  writeReports(directory, { ...report(scenario({})), place: "board" });
  forgetReports(directory, "pty");
  expect([...readReports(directory).keys()]).toEqual(["board"]);
  forgetReports(directory, "pty");
});
