// How the tests run: the house rules, the tests that need no special machine, and the long ones.

import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { ResultsReporter } from "./deploy/ci-reporter.ts";

const EXCLUDED = ["**/node_modules/**", "**/dist/**"];

/**
 * Tests start the program hundreds of times, and more than half of a start is the compiling of the
 * same files. Node keeps what it compiled there and looks whether a file has changed.
 */
const COMPILED = join(import.meta.dirname, "node_modules", ".cache", "telltale-compiled");

/** Each test's result is appended to a file of this folder, for the summary of `.ci/run`. */
const resultsFolder = process.env["TELLTALE_CI_RESULTS"];

export default defineConfig({
  test: {
    reporters: resultsFolder ? ["default", new ResultsReporter(resultsFolder)] : ["default"],
    projects: [
      { test: { name: "tidy", include: ["tidy.test.ts"] } },
      {
        test: {
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: [...EXCLUDED, "**/*.full.test.ts", "tidy.test.ts"],
          testTimeout: 20_000,
          hookTimeout: 20_000,
          env: { NODE_COMPILE_CACHE: COMPILED },
        },
      },
      {
        test: {
          name: "full",
          include: ["**/*.full.test.ts"],
          exclude: EXCLUDED,
          testTimeout: 10 * 60_000,
          hookTimeout: 2 * 60_000,
          // Long tests measure and load the machine: one file at a time, so that none starves
          // another.
          fileParallelism: false,
        },
      },
    ],
  },
});
