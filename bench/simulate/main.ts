// `npm run simulate -- --seed N --machines M --years Y`: whole lives of machines under the real
// meter, checked against the truth after every step. Exit status 0: all laws held, 1: one did not,
// 2: the options make no sense.

import { parseArgs } from "node:util";
import { REAL_PARTS } from "./controller.ts";
import { LifeFailed, type LifeReport, runLife } from "./run-life.ts";

const MACHINES_MAX = 10_000;
const YEARS_MAX = 50;

const HELP = `npm run simulate -- [--seed N] [--machines M] [--years Y] [--machine K] [--json]

Runs whole machine lives under the real meter: power cuts at any write, torn and lost writes, clock
steps, sensors that fail, suspends, full disks, restored images of old disks, replaced controllers.
After each step the laws of the hours are checked against the truth that only the simulation knows.

  --seed N      what chance makes of it; without one a new seed is chosen and printed
  --machines M  how many lives, 1 if not given; odd ones are sampled exactly, even ones polled
  --years Y     how long each is, 1 if not given; may be a fraction
  --machine K   the K-th life alone, as a failure says
  --json        one object for programs on standard output

Example: npm run simulate -- --seed 7 --machines 20 --years 1
`;

interface Options {
  readonly seed: number;
  readonly machines: readonly number[];
  readonly years: number;
  readonly json: boolean;
}

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (options === null) {
    console.log(HELP);
    return 0;
  }
  const { seed, machines, years, json } = options;
  console.error(`seed ${seed}, ${machines.length} machines, ${years} years each`);
  const reports: LifeReport[] = [];
  const startedAt = performance.now();
  for (const machine of machines) {
    const beganAt = performance.now();
    const onProgress = progressOf(machine);
    try {
      const report = await runLife({ seed, machine, years, parts: REAL_PARTS, onProgress });
      reports.push(report);
      clearProgress();
      console.error(lineOf(report, performance.now() - beganAt));
    } catch (error) {
      if (!(error instanceof LifeFailed)) throw error;
      clearProgress();
      console.error(`A law is broken. ${error.message}`);
      if (json) console.log(JSON.stringify({ seed, broken: error.message, reports }));
      return 1;
    }
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const machineYears = machines.length * years;
  const each = (seconds / machineYears).toFixed(2);
  console.error(`all laws held for ${machineYears} machine-years; ${each} s each`);
  if (json) console.log(JSON.stringify({ seed, seconds, reports }));
  return 0;
}

/** Null where help is asked for. */
function optionsOf(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: "string" },
      machines: { type: "string", default: "1" },
      machine: { type: "string" },
      years: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  const seed = wholeOf("--seed", values.seed ?? `${Math.floor(Math.random() * 2 ** 32)}`, 2 ** 32);
  const years = Number(values.years);
  if (!(years > 0 && years <= YEARS_MAX)) {
    throw new RangeError(`--years ${values.years}: it takes more than 0, at most ${YEARS_MAX}`);
  }
  const machines =
    values.machine === undefined
      ? Array.from(
          { length: wholeOf("--machines", values.machines, MACHINES_MAX) },
          (_, index) => index + 1,
        )
      : [wholeOf("--machine", values.machine, MACHINES_MAX)];
  return { seed, machines, years, json: values.json };
}

function wholeOf(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= (name === "--seed" ? 0 : 1) && value <= most)
    return value;
  throw new RangeError(`${name} ${text}: it takes a whole number, at most ${most}`);
}

function lineOf(report: LifeReport, tookMs: number): string {
  const { machine, isSampledExactly, cuts, leaves, steps, worstLossMs, provenRollbacks } = report;
  const { swaps, statements, clockChanges } = report;
  const hours = Math.round(report.registers.working / 3_600_000);
  return [
    `machine ${machine}`,
    isSampledExactly ? "exact" : "polled",
    `${hours} h worked`,
    `${cuts} cuts, at most ${worstLossMs} ms each`,
    `${provenRollbacks} rollbacks proven`,
    `${swaps} swaps`,
    `${statements} statements, ${clockChanges} over a change of clocks`,
    `${leaves} leaves`,
    `${steps} steps`,
    `${(tookMs / 1_000).toFixed(1)} s`,
  ].join(" · ");
}

/** Seen where a person looks on. */
function progressOf(machine: number): (share: number) => void {
  if (!process.stderr.isTTY) return () => undefined;
  let shown = -1;
  return (share) => {
    const percent = Math.floor(share * 100);
    if (percent === shown) return;
    shown = percent;
    process.stderr.write(`\rmachine ${machine}: ${percent} %`);
  };
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
  console.error(error.message);
  console.error("--help shows what there is.");
  process.exitCode = 2;
}
