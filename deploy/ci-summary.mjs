// The end of `.ci/run`: reads what the tests reported, lists what did not run and why, and prints
// the one line that counts. Usage: node deploy/ci-summary.mjs FOLDER; exit status 1 when anything
// failed.
//
// FOLDER holds `results-*.jsonl` (deploy/ci-reporter.ts), `steps.tsv` (a step's name and exit
// status) and `not-run.txt` (peers that could not be installed, one sentence each).

import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const EXPECTED_NOT_RUN = new URL("../.ci/expected-not-run", import.meta.url);
/** Every one of these has at least one test; one without any was never started. */
const PROJECTS = ["tidy", "unit", "full", "hil-simulated", "hil-pty", "hil-board"];

function lines(file) {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "");
}

/** What the results, the steps and the list of allowed skips add up to. */
export function summarise({ results, steps, allowed, notInstalled, strict }) {
  const passed = results.filter(({ outcome }) => outcome === "passed");
  const failures = results.filter(({ outcome }) => outcome === "failed").map(describe);
  const notRun = [...notInstalled];
  for (const result of results.filter(({ outcome }) => outcome === "skipped")) {
    const rule = allowed.find(({ pattern }) => describe(result).includes(pattern));
    notRun.push(`${describe(result)}${rule ? ` [expected: ${rule.reason}]` : ""}`);
    if (strict && !rule) failures.push(`${result.name}: is expected to run here`);
  }
  for (const project of PROJECTS) {
    if (results.some((result) => result.project === project)) continue;
    const missing = `every test of the project "${project}": it was never started`;
    notRun.push(missing);
    if (strict) failures.push(missing);
  }
  // A step that fails without a failed test is a failed check, or a runner that crashed.
  const testFailed = failures.length > 0;
  for (const { step, status } of steps) {
    const counted = testFailed && failedIn(step, results);
    if (status !== 0 && !counted) failures.push(`${step} ended with status ${status}`);
  }
  if (passed.length === 0 && failures.length === 0) failures.push("not one test was run");
  return { passed: passed.length, failures, notRun };
}

/** Which projects a step runs: the rig's are named after their place. */
function projectsOf(step) {
  const place = /--place (\w+)/.exec(step);
  if (place) return [`hil-${place[1]}`];
  return step.includes("full") ? ["full"] : ["tidy", "unit"];
}

function failedIn(step, results) {
  const projects = ["runner", ...projectsOf(step)];
  return results.some(({ outcome, project }) => outcome === "failed" && projects.includes(project));
}

function describe({ name, note }) {
  return note ? `${name}: ${note}` : name;
}

/** `PATTERN<TAB>REASON` per line; `#` begins a comment. */
export function parseAllowed(texts) {
  return texts
    .filter((line) => !line.startsWith("#"))
    .map((line) => {
      const [pattern, reason] = line.split("\t");
      if (!pattern || !reason) throw new Error(`.ci/expected-not-run lacks a reason: ${line}`);
      return { pattern, reason };
    });
}

function readFolder(folder) {
  const reports = readdirSync(folder).filter((name) => name.endsWith(".jsonl"));
  return {
    results: reports.flatMap((name) => lines(path.join(folder, name)).map((l) => JSON.parse(l))),
    steps: lines(path.join(folder, "steps.tsv")).map((line) => {
      const [step, status] = line.split("\t");
      return { step, status: Number(status) };
    }),
    allowed: parseAllowed(lines(fileURLToPath(EXPECTED_NOT_RUN))),
    notInstalled: lines(path.join(folder, "not-run.txt")),
    strict: process.env.CI === "true",
  };
}

function print(title, items) {
  console.log(`\n${title}`);
  for (const item of items.length > 0 ? items : ["nothing"]) {
    console.log(`  - ${item.replaceAll("\n", "\n    ")}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { passed, failures, notRun } = summarise(readFolder(process.argv[2]));
  print("Failed:", failures);
  print("Not run:", notRun);
  console.log(`\n${passed} passed, ${failures.length} failed`);
  process.exitCode = failures.length > 0 ? 1 : 0;
}
