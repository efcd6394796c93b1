// A vitest reporter for `.ci/run`: one JSON line for each test as soon as it has ended, so that the
// summary can count even when a runner is killed half-way.

import { appendFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Reporter, SerializedError, TestCase, TestModule } from "vitest/node";

/** One line of the results. */
interface ResultLine {
  readonly project: string;
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  readonly note: string;
}

export class ResultsReporter implements Reporter {
  readonly #file: string;

  constructor(folder: string) {
    this.#file = join(folder, `results-${process.pid}.jsonl`);
  }

  onInit(): void {
    mkdirSync(dirname(this.#file), { recursive: true });
  }

  onTestCaseResult(test: TestCase): void {
    const result = test.result();
    // A test that is still pending at its end was cut off with its run.
    const outcome = result.state === "pending" ? "failed" : result.state;
    const note = result.state === "skipped" ? (result.note ?? "no reason given") : "";
    this.#write({ project: test.project.name, name: nameOf(test), outcome, note });
  }

  onTestModuleEnd(module: TestModule): void {
    for (const error of module.errors()) {
      const name = `${module.relativeModuleId} > (loading)`;
      this.#write({
        project: module.project.name,
        name,
        outcome: "failed",
        note: error.message,
      });
    }
  }

  onTestRunEnd(_modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    for (const error of unhandled) {
      this.#write({
        project: "runner",
        name: "(an error outside of any test)",
        outcome: "failed",
        note: error.message,
      });
    }
  }

  #write(line: ResultLine): void {
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}

function nameOf(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`;
}
