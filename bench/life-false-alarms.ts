// How often a healthy machine is alarmed on: simulated lives whose features scatter with heavy
// tails, go together from one observation to the next and wander slowly, without any fault.

import { Baseline } from "../runtime/diagnosis/baseline/baseline.ts";
import { WAVEFORM_FEATURES } from "../runtime/diagnosis/baseline/waveform-features.ts";
import {
  type LifeOptions,
  ORDINARY_LIFE,
  SimulatedLife,
  STEADY,
} from "../runtime/testing/baseline-lives.ts";
import { SeededRandom } from "../runtime/testing/seeded-random.ts";
import { figure, type Measurement } from "./harness.ts";

const OBSERVATIONS = 20_000;
const INTERVAL_MS = 600_000;
const YEAR_MS = 365.25 * 86_400_000;

interface Study {
  readonly name: string;
  readonly lives: number;
  readonly options: LifeOptions;
  /** Alarms per year. */
  readonly goal: number;
}

const STUDIES: readonly Study[] = [
  { name: "ordinary", lives: 500, options: ORDINARY_LIFE, goal: 0.1 },
  {
    name: "twice the scatter and the wandering",
    lives: 100,
    options: { ...ORDINARY_LIFE, scatter: 0.12, wander: 0.06 },
    goal: 0.1,
  },
  {
    name: "neighbours correlated by 0.9, tails of 3 degrees",
    lives: 100,
    options: { ...ORDINARY_LIFE, correlation: 0.9, tailFreedom: 3 },
    goal: 1,
  },
];

export function* falseAlarmLines(): Iterable<Measurement> {
  for (const { name, lives, options, goal } of STUDIES) {
    let alarms = 0;
    for (let seed = 1; seed <= lives; seed++) alarms += alarmsOf(seed, options);
    const years = (lives * OBSERVATIONS * INTERVAL_MS) / YEAR_MS;
    yield figure({
      line: `simulated healthy lives, ${name}: alarms per year (${alarms} in ${years.toFixed(0)} years at one observation each 10 min)`,
      unit: "1",
      better: "lower",
      ours: alarms / years,
      goal,
    });
  }
}

function alarmsOf(seed: number, options: LifeOptions): number {
  const life = new SimulatedLife(new SeededRandom(seed), STEADY, options);
  const baseline = new Baseline({ features: WAVEFORM_FEATURES });
  let alarms = 0;
  for (let index = 0; index < OBSERVATIONS; index++) {
    if (baseline.observe(life.next(), "run", index * INTERVAL_MS).raised) alarms += 1;
  }
  return alarms;
}
