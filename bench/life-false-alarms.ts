// How often a healthy machine is alarmed on: simulated lives whose features scatter with heavy
// tails, go together from one observation to the next and wander slowly, without any fault.

import { Baseline } from "../runtime/diagnosis/baseline/baseline.ts";
import { BaselineGroup } from "../runtime/diagnosis/baseline/group.ts";
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
    const where = `${alarms} in ${years.toFixed(0)} years at one observation each 10 min`;
    yield figure({
      line: `simulated healthy lives, ${name}: alarms per year (${where})`,
      unit: "1",
      better: "lower",
      ours: alarms / years,
      goal,
    });
  }
  yield* restartLines();
}

/** Machines of four channels that stop and start again on another level, each time anew. */
const MACHINES = 100;
const CHANNELS = ["a", "b", "c", "d"];
const MACHINE_OBSERVATIONS = 5_000;
const STOP_EACH = 500;
const STOP_MS = 100 * INTERVAL_MS;
/** Deviation of the shift that all channels share, and of what each adds, as logarithms. */
const SHARED_SHIFT = 0.15;
const OWN_SHIFT = 0.04;

function* restartLines(): Iterable<Measurement> {
  let alarms = 0;
  for (let seed = 1; seed <= MACHINES; seed++) alarms += alarmsOfMachine(new SeededRandom(seed));
  const observations = MACHINES * CHANNELS.length * MACHINE_OBSERVATIONS;
  const years = (observations * INTERVAL_MS) / YEAR_MS;
  const where = `${alarms} in ${years.toFixed(0)} years of a channel, a restart each 83 h`;
  yield figure({
    line: `simulated healthy machines that restart on other levels: alarms per year (${where})`,
    unit: "1",
    better: "lower",
    ours: alarms / years,
    goal: 0.1,
  });
}

function alarmsOfMachine(random: SeededRandom): number {
  const shifts = Array.from({ length: MACHINE_OBSERVATIONS / STOP_EACH }, () => {
    const shared = SHARED_SHIFT * random.normal();
    return CHANNELS.map(() => shared + OWN_SHIFT * random.normal());
  });
  const lives = CHANNELS.map((_, channel) => {
    const shift = (index: number) => shifts[Math.floor(index / STOP_EACH)]![channel]!;
    const course = (index: number, feature: number) => (feature < 2 ? shift(index) : 0);
    return new SimulatedLife(new SeededRandom(random.integer(0, 2 ** 31)), course);
  });
  const group = new BaselineGroup(CHANNELS, { features: WAVEFORM_FEATURES });
  let alarms = 0;
  for (let index = 0; index < MACHINE_OBSERVATIONS; index++) {
    const at = index * INTERVAL_MS + Math.floor(index / STOP_EACH) * STOP_MS;
    for (let channel = 0; channel < CHANNELS.length; channel++) {
      const answer = group.observe(CHANNELS[channel]!, lives[channel]!.next(), "run", at);
      if (answer.raised) alarms += 1;
    }
  }
  return alarms;
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
