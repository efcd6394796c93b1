// What a run of the suite leaves behind: JSON for the table, JUnit XML for other tools, and lines
// for a person. Each names the place, the seed and the versions.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Reporter, TestCase } from "vitest/node";
import type { PlaceName } from "./place.ts";
import type { RunOptions } from "./run-options.ts";

export interface ScenarioReport {
  readonly driver: string;
  readonly name: string;
  readonly outcome: "passed" | "failed" | "not run";
  /** What went wrong, or what is missing; empty where it passed. */
  readonly why: string;
  readonly durationMs: number;
  readonly figures: Readonly<Record<string, string | number>>;
}

export interface RunReport {
  readonly place: PlaceName;
  readonly seed: number;
  readonly at: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly scenarios: readonly ScenarioReport[];
}

/** Gathers what vitest says of each scenario. */
export class RunReporter implements Reporter {
  readonly #options: RunOptions;
  readonly #scenarios: ScenarioReport[] = [];
  #versions: Readonly<Record<string, string>> = {};

  constructor(options: RunOptions) {
    this.#options = options;
  }

  onTestCaseResult(test: TestCase): void {
    const { driver = "", figures = {}, versions = {} } = test.meta().hil ?? {};
    this.#versions = { ...this.#versions, ...versions };
    const report = { driver, name: test.name, figures, ...outcomeOf(test) };
    const durationMs = Math.round(test.diagnostic()?.duration ?? 0);
    this.#scenarios.push({ ...report, durationMs });
    process.stdout.write(lineOf({ ...report, durationMs }));
  }

  get report(): RunReport {
    const { place, seed } = this.#options;
    const at = new Date().toISOString();
    return { place, seed, at, versions: this.#versions, scenarios: this.#scenarios };
  }
}

function outcomeOf(test: TestCase): Pick<ScenarioReport, "outcome" | "why"> {
  const result = test.result();
  if (result.state === "passed") return { outcome: "passed", why: "" };
  if (result.state === "skipped") return { outcome: "not run", why: result.note ?? "" };
  const why = (result.errors ?? []).map(({ message }) => message).join("\n");
  // One that is still pending at the end was cut off with its run.
  return { outcome: "failed", why: why || "it did not come to its end" };
}

function lineOf({ driver, name, outcome, why, durationMs, figures }: ScenarioReport): string {
  const time = outcome === "not run" ? "" : ` (${(durationMs / 1_000).toFixed(1)} s)`;
  const rows = Object.entries(figures).map(([what, value]) => `\n           ${what}: ${value}`);
  const reason = why === "" ? "" : `\n           ${why.replaceAll("\n", "\n           ")}`;
  return `  ${outcome.padEnd(8)} ${driver}: ${name}${time}${rows.join("")}${reason}\n`;
}

export function reportText(report: RunReport): string {
  const versions = Object.entries(report.versions).map(([what, version]) => `${what} ${version}`);
  const head = `place ${report.place}, seed ${report.seed}, ${report.at}\n${versions.join(", ")}`;
  return `${head}\n\n${report.scenarios.map(lineOf).join("")}\n${totalsOf(report)}\n`;
}

export function totalsOf({ scenarios }: RunReport): string {
  const count = (outcome: string) => scenarios.filter((each) => each.outcome === outcome).length;
  return `${count("passed")} passed, ${count("failed")} failed, ${count("not run")} not run`;
}

/** The dialect that CI servers read: properties on the suite, `skipped` for what was not run. */
export function junitXml(report: RunReport): string {
  const { place, seed, at, versions, scenarios } = report;
  const count = (outcome: string) => scenarios.filter((each) => each.outcome === outcome).length;
  const seconds = scenarios.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1_000;
  const attributes =
    `name="hil ${place}" tests="${scenarios.length}" failures="${count("failed")}" ` +
    `skipped="${count("not run")}" time="${seconds}" timestamp="${at}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite ${attributes}>`,
    ...properties({ place, seed, ...versions }),
    ...scenarios.flatMap(testCaseXml),
    "</testsuite>",
    "",
  ].join("\n");
}

function testCaseXml({ driver, name, outcome, why, durationMs, figures }: ScenarioReport) {
  const attributes = `classname="${escaped(driver)}" name="${escaped(name)}"`;
  const said = { passed: [], failed: ["failure"], "not run": ["skipped"] }[outcome];
  return [
    `<testcase ${attributes} time="${durationMs / 1_000}">`,
    ...properties(figures),
    ...said.map((element) => `<${element} message="${escaped(why)}"/>`),
    "</testcase>",
  ];
}

function properties(values: Readonly<Record<string, string | number>>): readonly string[] {
  const entries = Object.entries(values).map(
    ([name, value]) => `<property name="${escaped(name)}" value="${escaped(String(value))}"/>`,
  );
  return entries.length === 0 ? [] : ["<properties>", ...entries, "</properties>"];
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
};

/** Control characters, such as the colours of a terminal, have no place in XML 1.0. */
function escaped(text: string): string {
  return text
    .replaceAll(/[&<>"\n]/g, (found) => ENTITIES[found]!)
    .replaceAll(/\p{Cc}/gu, (found) => (found === "\t" ? found : ""));
}

/** Call before a run: what it then leaves is its own, also where it is killed. */
export function forgetReports(directory: string, place: PlaceName): void {
  for (const ending of ["json", "xml", "txt"]) {
    rmSync(reportFile(directory, place, ending), { force: true });
  }
}

function reportFile(directory: string, place: PlaceName, ending: string): string {
  return join(directory, `${place}.${ending}`);
}

export function writeReports(directory: string, report: RunReport): void {
  mkdirSync(directory, { recursive: true });
  const write = (ending: string, text: string) =>
    writeFileSync(reportFile(directory, report.place, ending), text);
  write("json", `${JSON.stringify(report, null, 2)}\n`);
  write("xml", junitXml(report));
  write("txt", reportText(report));
}
