// Twenty machine-years of the command as people run it, from two seeds that stay: a change of the
// code is what can break a law here. New seeds are for whoever runs `npm run simulate`.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const MACHINES = 10;
const SEEDS = [20_260_101, 20_260_102];
/** Far above what ten machine-years take, and below what CI gives all long tests. */
const TIMEOUT_MS = 8 * 60_000;
/** The bound of the issue, for each machine-year on a machine that has nothing else to do. */
const SECONDS_PER_YEAR_MAX = 10;
/** Both run beside each other, and beside whatever else a CI machine does. */
const LOADED = 3;

const run = promisify(execFile);

async function simulate(seed: number): Promise<{ seconds: number; reports: readonly Report[] }> {
  const args = ["--seed", `${seed}`, "--machines", `${MACHINES}`, "--years", "1", "--json"];
  const { stdout } = await run(process.execPath, ["bench/simulate/main.ts", ...args], {
    timeout: TIMEOUT_MS,
    maxBuffer: 16 * 1024 * 1024,
  });
  return JSON.parse(stdout);
}

interface Report {
  readonly cuts: number;
  readonly provenRollbacks: number;
  readonly swaps: number;
  readonly clockChanges: number;
  readonly events: Readonly<Record<string, number>>;
}

test("all laws hold for twenty machine-years", async () => {
  const both = await Promise.all(SEEDS.map(simulate));
  for (const { seconds, reports } of both) {
    expect(reports).toHaveLength(MACHINES);
    expect(seconds / MACHINES).toBeLessThan(SECONDS_PER_YEAR_MAX * LOADED);
    const sum = (of: (report: Report) => number) => reports.reduce((all, one) => all + of(one), 0);
    expect(sum(({ cuts }) => cuts)).toBeGreaterThan(1_000);
    expect(sum(({ provenRollbacks }) => provenRollbacks)).toBeGreaterThan(0);
    expect(sum(({ swaps }) => swaps)).toBeGreaterThan(0);
    expect(sum(({ clockChanges }) => clockChanges)).toBeGreaterThan(0);
    for (const kind of ["suspend", "lying-disk", "disk-full", "spoiled-slots", "close-sampling"]) {
      expect(sum(({ events }) => events[kind] ?? 0)).toBeGreaterThan(0);
    }
  }
});
