// `npm run hil`: runs the suite at a place and writes its reports, or makes the table of all places
// from them.

import { join } from "node:path";
import { parseArgs } from "node:util";
import { startVitest } from "vitest/node";
import { ResultsReporter } from "../deploy/ci-reporter.ts";
import { drivers } from "../firmware/drivers.ts";
import { REPOSITORY } from "./instance.ts";
import { PLACES, type PlaceName } from "./place.ts";
import { forgetReports, RunReporter, totalsOf, writeReports } from "./report.ts";
import type { RunOptions } from "./run-options.ts";
import { readReports, tableOf } from "./table.ts";

const USAGE = `Usage: npm run hil -- --place ${PLACES.join("|")} [options]
       npm run hil -- --table [--report DIR]

Runs the driver suite at a place, or makes the table of driver × place from its reports.

  --only DRIVER   only the scenarios of this driver
  --name TEXT     only the scenarios whose name contains it
  --reads N       reads of the noise benchmarks (1000)
  --within N      seconds for the whole run; what is not done by then is reported as not run
  --seed N        what the noise is drawn from; the report names it
  --report DIR    where reports are written and read (.telltale/hil)`;

/** A run in CI takes seconds and says enough; 10,000 reads are the benchmark. */
const READS = 1_000;
const SEED_MAX = 2 ** 32;
const BAD_USAGE = 2;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      place: { type: "string" },
      only: { type: "string" },
      within: { type: "string" },
      name: { type: "string" },
      reads: { type: "string", default: String(READS) },
      seed: { type: "string", default: String(Math.floor(Math.random() * SEED_MAX)) },
      report: { type: "string", default: join(REPOSITORY, ".telltale/hil") },
      table: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const names = drivers.map(({ name }) => name).sort();
  if (values.table) {
    console.log(tableOf(names, readReports(values.report)));
    return 0;
  }
  const place = PLACES.find((name) => name === values.place);
  if (place === undefined) throw new TypeError(`--place is one of ${PLACES.join(", ")}`);
  const only = values.only ?? null;
  if (only !== null && !names.includes(only)) {
    throw new TypeError(`--only is one of ${names.join(", ")}`);
  }
  const endsAt =
    values.within === undefined
      ? null
      : Date.now() + 1_000 * wholeNumber("--within", values.within);
  const effort = { reads: wholeNumber("--reads", values.reads) };
  const name = values.name ?? "";
  const options = { place, only, name, effort, endsAt, seed: wholeNumber("--seed", values.seed) };
  // A part of the suite says nothing of a driver as a whole: the table does not read it.
  const isWhole = only === null && name === "";
  return await runSuite(options, isWhole ? values.report : join(values.report, "partial"));
}

async function runSuite(options: RunOptions, directory: string): Promise<number> {
  const { place, seed } = options;
  const reporter = new RunReporter(options);
  const resultsFolder = process.env["TELLTALE_CI_RESULTS"];
  forgetReports(directory, place);
  console.log(`place ${place}, seed ${seed}\n`);
  const vitest = await startVitest("test", [], {
    root: REPOSITORY,
    config: false,
    name: projectOf(place),
    include: ["hil-tests/run.hil.ts"],
    provide: { hil: options },
    watch: false,
    // Scenarios measure: one after the other, in one process that has nothing else to do.
    fileParallelism: false,
    pool: "forks",
    reporters: [reporter, ...(resultsFolder ? [new ResultsReporter(resultsFolder)] : [])],
  });
  const errors = vitest.state.getUnhandledErrors();
  const broken = vitest.state.getTestModules().flatMap((module) => module.errors());
  await vitest.close();
  for (const error of [...errors, ...broken]) console.error(error);
  const { report } = reporter;
  writeReports(directory, report);
  console.log(`\n${totalsOf(report)}; reports in ${directory}`);
  const hasFailed = report.scenarios.some(({ outcome }) => outcome === "failed");
  return hasFailed || errors.length + broken.length > 0 ? 1 : 0;
}

/** The name by which CI's summary knows the run. */
function projectOf(place: PlaceName): string {
  return `hil-${place}`;
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new TypeError(`${option} is a whole number, not ${text}`);
  }
  return value;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = BAD_USAGE;
}
