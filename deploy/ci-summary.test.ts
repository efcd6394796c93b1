import { expect, test } from "vitest";
import { parseAllowed, summarise } from "./ci-summary.mjs";

const passed = { project: "unit", name: "a.test.ts > counts", outcome: "passed", note: "" };
const tidy = { project: "tidy", name: "tidy.test.ts > tidy", outcome: "passed", note: "" };
const full = { project: "full", name: "b.full.test.ts > soaks", outcome: "passed", note: "" };
const simulated = { ...passed, project: "hil-simulated", name: "run.hil.ts > modbus > reads" };
const pty = { ...simulated, project: "hil-pty" };
const board = { ...simulated, project: "hil-board" };
const failed = { ...passed, outcome: "failed", note: "boom" };
const skipped = { ...passed, outcome: "skipped", note: "mbpoll is not installed" };

function add(changes: Partial<Parameters<typeof summarise>[0]>) {
  const none = {
    results: [tidy, passed, full, simulated, pty, board],
    steps: [],
    allowed: [],
    notInstalled: [],
  };
  return summarise({ ...none, strict: false, ...changes });
}

test("passed tests are counted, and nothing is listed", () => {
  expect(add({})).toEqual({ passed: 6, failures: [], notRun: [] });
});

test("a failed test counts once, not once more for the step that it made fail", () => {
  const steps = [{ step: "npm test", status: 1 }];
  expect(add({ results: [tidy, failed, full, simulated, pty, board], steps }).failures).toEqual([
    "a.test.ts > counts: boom",
  ]);
});

test("a step that fails without a failed test counts as one failure", () => {
  const steps = [
    { step: "npm test", status: 1 },
    { step: "npm run test:full", status: 0 },
  ];
  expect(add({ steps }).failures).toEqual(["npm test ended with status 1"]);
});

test("a failure of one step does not hide another step that broke", () => {
  const steps = [
    { step: "npm test", status: 1 },
    { step: "npm run test:full", status: 1 },
  ];
  expect(add({ results: [tidy, failed, full, simulated, pty, board], steps }).failures).toEqual([
    "a.test.ts > counts: boom",
    "npm run test:full ended with status 1",
  ]);
});

test("a skipped test is listed with its reason, and fails only where it is expected to run", () => {
  const results = [tidy, skipped, full, simulated, pty, board];
  expect(add({ results }).failures).toEqual([]);
  expect(add({ results }).notRun).toEqual(["a.test.ts > counts: mbpoll is not installed"]);
  expect(add({ results, strict: true }).failures).toEqual([
    "a.test.ts > counts: is expected to run here",
  ]);
});

test("a skip that is foreseen is listed and does not fail", () => {
  const allowed = parseAllowed(["# a comment", "a.test.ts\tneeds a board"]);
  const summary = add({
    results: [tidy, skipped, full, simulated, pty, board],
    strict: true,
    allowed,
  });
  expect(summary.failures).toEqual([]);
  expect(summary.notRun[0]).toContain("[expected: needs a board]");
});

test("a step of the rig is told from the other steps", () => {
  const results = [tidy, passed, full, simulated, { ...pty, outcome: "failed", note: "boom" }];
  const steps = [
    { step: "npm run hil -- --place simulated", status: 1 },
    { step: "npm run hil -- --place pty", status: 1 },
  ];
  expect(add({ results, steps }).failures).toEqual([
    "run.hil.ts > modbus > reads: boom",
    "npm run hil -- --place simulated ended with status 1",
  ]);
});

test("a skip is also foreseen by what it says", () => {
  const note = "the place pty has no canBus";
  const results = [tidy, passed, full, simulated, { ...pty, outcome: "skipped", note }, board];
  const allowed = parseAllowed(["the place pty has no \tanother place has it"]);
  expect(add({ results, strict: true, allowed }).failures).toEqual([]);
});

test("a project that was never started is listed", () => {
  expect(add({ results: [tidy] }).notRun).toHaveLength(5);
});

test("a project that was never started fails where everything is expected to run", () => {
  const results = [tidy, passed, full, simulated, pty];
  expect(add({ results }).failures).toEqual([]);
  expect(add({ results, strict: true }).failures).toEqual([
    'every test of the project "hil-board": it was never started',
  ]);
});

test("a run without any test is a failure", () => {
  expect(add({ results: [] }).failures).toEqual(["not one test was run"]);
});

test("an allowed skip without a reason is refused", () => {
  expect(() => parseAllowed(["a.test.ts"])).toThrow("lacks a reason");
});
