// The same machine life told to three ways of metering: this meter; differences of the wall clock,
// added up at each change of state and persisted there; and sampling a recorded state each minute,
// as history statistics do. Their errors against the truth, in seconds per 1,000 h of life.

import { SeededRandom } from "../runtime/testing/seeded-random.ts";
import { type Benchmark, figure } from "./harness.ts";
import { MeteredLife, PEERS, type Trial } from "./meter-life.ts";

/** Other seeds tell other lives; the figures are means of the absolute errors of all of them. */
const SEEDS = [1, 2, 3, 4] as const;
/** Of each life: a month and a half. */
const HOURS = 1_000;
const HOUR_MS = 3_600_000;
const MONTH_HOURS = 730;
const CUTS_PER_MONTH = 100;
/** What a month with a hundred cuts may take, in hours: each takes 10 s at most. */
const UNDER_PER_MONTH_MAX_H = 0.28;

interface Line {
  readonly line: string;
  readonly trial: Trial;
  /** Seconds per 1,000 h that ours may be wrong. */
  readonly goal: number;
}

const CUTS = Math.round((HOURS / MONTH_HOURS) * CUTS_PER_MONTH);
const UNDER_MAX_S = (UNDER_PER_MONTH_MAX_H * 3_600 * HOURS) / MONTH_HOURS;

const LINES: readonly Line[] = [
  { line: "no cuts", trial: { cuts: 0, steps: 0, zone: "UTC" }, goal: 0 },
  {
    line: "40 steps of the wall clock",
    trial: { cuts: 0, steps: 40, zone: "UTC" },
    goal: 0,
  },
  {
    line: "summer time begins at work",
    trial: { cuts: 0, steps: 0, zone: "Europe/Berlin" },
    goal: 0,
  },
  {
    line: "100 cuts a month",
    trial: { cuts: CUTS, steps: 0, zone: "UTC" },
    goal: UNDER_MAX_S,
  },
  {
    line: "100 cuts a month and 40 steps",
    trial: { cuts: CUTS, steps: 40, zone: "UTC" },
    goal: UNDER_MAX_S,
  },
];

/** Clocks that change at night matter to whoever works then: they change at the first work. */
async function errorsOf(seed: number, trial: Trial) {
  const life = new MeteredLife(new SeededRandom(seed), HOURS * HOUR_MS, trial);
  const errors = await life.errors();
  if (trial.zone === "UTC" || life.workedAt === null) return errors;
  const summerAt = life.workedAt + 1;
  const again = { ...trial, summerAt };
  return new MeteredLife(new SeededRandom(seed), HOURS * HOUR_MS, again).errors();
}

export const meter: Benchmark = {
  name: "meter",
  summary: "one machine life told to three ways of metering: the error of each",
  async *lines() {
    for (const { line, trial, goal } of LINES) {
      const lives: Awaited<ReturnType<MeteredLife["errors"]>>[] = [];
      for (const seed of SEEDS) {
        lives.push(await errorsOf(seed, trial));
      }
      const meanOf = (name: keyof (typeof lives)[number]) =>
        lives.reduce((sum, errors) => sum + Math.abs(errors[name]) / 1_000, 0) / lives.length;
      for (const peer of PEERS) {
        const ours = meanOf("ours");
        const what = { line: `${line}: error per 1,000 h`, unit: "s", better: "lower" } as const;
        yield { ...figure({ ...what, goal, ours }), peer: { name: peer, value: meanOf(peer) } };
      }
      const most = Math.max(0, ...lives.map((errors) => errors.ours / 1_000));
      const what = { line: `${line}: counted too much`, unit: "s", better: "lower" } as const;
      yield figure({ ...what, goal: 0, ours: most });
    }
  },
};
