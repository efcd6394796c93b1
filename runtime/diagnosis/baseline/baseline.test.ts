// Simulated lives: what a learned baseline alarms on, when, and on what it must stay silent.

import { describe, expect, test } from "vitest";
import { type Course, SimulatedLife, STEADY } from "../../testing/baseline-lives.ts";
import { SeededRandom, withSeed } from "../../testing/seeded-random.ts";
import type { BaselineAnswer } from "./answer.ts";
import { Baseline } from "./baseline.ts";
import { OPERATING_STATES_MAX } from "./settings.ts";
import { WAVEFORM_FEATURES } from "./waveform-features.ts";

const INTERVAL_MS = 600_000;
const OPTIONS = { features: WAVEFORM_FEATURES };

/** All features but kurtosis and crest factor follow an amplitude. */
const amplitude =
  (course: (index: number) => number): Course =>
  (index, feature) =>
    feature < 2 ? course(index) : 0;

interface Lived {
  readonly answers: readonly BaselineAnswer[];
  /** Index of the observation at which each alarm was raised. */
  readonly alarms: readonly number[];
  /** Index of the first observation that was watched. */
  readonly watchedFrom: number;
}

function live(
  seed: number,
  observations: number,
  course = STEADY,
  baseline = new Baseline(OPTIONS),
): Lived {
  const life = new SimulatedLife(new SeededRandom(seed), course);
  const answers: BaselineAnswer[] = [];
  const alarms: number[] = [];
  for (let index = 0; index < observations; index++) {
    const answer = baseline.observe(life.next(), "WORKING", index * INTERVAL_MS);
    if (answer.raised) alarms.push(index);
    answers.push(answer);
  }
  const watchedFrom = answers.findIndex(({ phase }) => phase === "watching");
  return { answers, alarms, watchedFrom };
}

describe("while it learns", () => {
  test("nothing is judged, whatever happens", async () => {
    await withSeed((random) => {
      const baseline = new Baseline(OPTIONS);
      const wild = new Float64Array(4);
      for (let index = 0; index < 100; index++) {
        wild.forEach((_, feature) => {
          wild[feature] = Math.exp(5 * random.normal());
        });
        const answer = baseline.observe(wild, "WORKING", index * INTERVAL_MS);
        expect(answer.phase).toBe("learning");
        expect(answer.departure).toBeNull();
        expect(answer.distance).toBeNull();
      }
    });
  });

  test("what was learned of the least is told from 0 to 1", () => {
    const { answers } = live(1, 200);
    expect(answers[0]!.learned).toBeCloseTo(1 / 128);
    expect(answers[63]!.learned).toBeCloseTo(0.5);
    expect(answers[199]!.learned).toBe(1);
  });

  test("a level that falls while the machine runs in prolongs it, visibly", () => {
    const fall = amplitude((index) => 0.9 * Math.exp(-index / 80));
    const { answers, watchedFrom, alarms } = live(2, 2_000, fall);
    expect(answers.some(({ phase }) => phase === "run-in")).toBe(true);
    expect(watchedFrom).toBeGreaterThan(live(2, 200).watchedFrom);
    expect(alarms).toEqual([]);
  });

  test("a run-in without end prolongs it to twice the least and no longer", () => {
    const { watchedFrom } = live(
      3,
      400,
      amplitude((index) => -index / 100),
    );
    expect(watchedFrom).toBe(255);
  });
});

describe("a healthy machine is not alarmed on", () => {
  const SEASON = 26_000;
  const courses: Readonly<Record<string, Course>> = {
    "that stays as it was": STEADY,
    "that grows warm and cold with the season": amplitude(
      (index) => 0.1 * Math.sin((2 * Math.PI * index) / SEASON),
    ),
    "with an outlier now and then": (index) => (index % 37 === 0 ? 2.5 : 0),
    "with two outliers in a row": (index) => (index % 53 < 2 ? 2.5 : 0),
    "whose sensor delivers nothing now and then": (index) => (index % 29 === 0 ? Number.NaN : 0),
    "whose vibration falls": amplitude((index) => (index > 500 ? -0.4 : 0)),
  };
  test.each(Object.entries(courses))("%s", async (_name, course) => {
    await withSeed(({ seed }) => {
      expect(live(seed, 4_000, course).alarms).toEqual([]);
    });
  });
});

describe("a fault", () => {
  test("that jumps is alarmed on within a few observations, and once", async () => {
    await withSeed(({ seed }) => {
      const step = amplitude((index) => (index >= 1_000 ? 0.8 : 0));
      const { answers, alarms } = live(seed, 2_000, step);
      expect(alarms).toHaveLength(1);
      expect(alarms[0]).toBeGreaterThanOrEqual(1_000);
      expect(alarms[0]).toBeLessThan(1_012);
      const last = answers.at(-1)!.departure!;
      expect(last.raisedAt).toBe(alarms[0]! * INTERVAL_MS);
      expect(last.confidence).toBeGreaterThan(0.9);
    });
  });

  test("that grows slowly is not learned away", async () => {
    // Doubles in 8,000 observations: two months at one each ten minutes.
    const DOUBLES = 8_000;
    await withSeed(({ seed }) => {
      const growth = amplitude((index) => (Math.LN2 * Math.max(0, index - 500)) / DOUBLES);
      const { alarms } = live(seed, 500 + DOUBLES, growth);
      expect(alarms.length).toBeGreaterThan(0);
      expect(alarms[0]).toBeLessThan(500 + DOUBLES);
    });
  });

  test("is described by the features that departed, their usual and their onset", () => {
    const step = amplitude((index) => (index >= 1_000 ? 0.8 : 0));
    const { departure } = live(7, 1_100, step).answers.at(-1)!;
    const [first, second] = departure!.features;
    expect(new Set([first!.name, second!.name])).toEqual(new Set(["rms", "peak"]));
    expect(first!.value / first!.usual).toBeGreaterThan(1.8);
    expect(first!.spreads).toBeGreaterThan(3);
    expect(first!.limit).toBeGreaterThan(1.15 * first!.usual);
    expect(first!.limit).toBeLessThan(first!.value);
    expect(Math.abs(departure!.since! / INTERVAL_MS - 1_000)).toBeLessThan(10);
    expect(departure!.operatingState).toBe("WORKING");
  });

  test("that ends is over after a while, and a second one is a second alarm", () => {
    const twice = amplitude((index) =>
      (index >= 1_000 && index < 1_200) || index >= 2_000 ? 0.8 : 0,
    );
    const { answers, alarms } = live(8, 2_100, twice);
    expect(answers[1_250]!.departure).not.toBeNull();
    expect(answers[1_900]!.departure).toBeNull();
    expect(alarms).toHaveLength(2);
  });

  test("whose shocks alone grow is found although the RMS stays", () => {
    const shocks: Course = (index, feature) => (index >= 1_000 && feature >= 1 ? 0.8 : 0);
    const { alarms, answers } = live(9, 1_100, shocks);
    expect(alarms).toHaveLength(1);
    expect(answers.at(-1)!.departure!.features.map(({ name }) => name)).not.toContain("rms");
  });
});

describe("after a maintenance", () => {
  test("it learns again, visibly, and the departure ends", () => {
    const baseline = new Baseline(OPTIONS);
    const step = amplitude((index) => (index >= 500 ? 0.8 : 0));
    expect(live(10, 600, step, baseline).alarms).toHaveLength(1);
    baseline.afterMaintenance(600 * INTERVAL_MS);
    const life = new SimulatedLife(new SeededRandom(11));
    const stale = baseline.observe(life.next(), "WORKING", 599 * INTERVAL_MS);
    expect(stale.learned).toBe(0);
    for (let index = 600; index < 1_000; index++) {
      const answer = baseline.observe(life.next(), "WORKING", index * INTERVAL_MS);
      expect(answer.departure).toBeNull();
      expect(answer.phase).toBe(answer.distance === null ? "re-learning" : "watching");
    }
  });
});

describe("a stop", () => {
  const restart = (shift: number) => {
    const baseline = new Baseline(OPTIONS);
    const course = amplitude((index) => (index >= 1_000 ? shift : 0));
    const life = new SimulatedLife(new SeededRandom(12), course);
    const alarms: number[] = [];
    let rebasedAt = -1;
    for (let index = 0; index < 3_000; index++) {
      const stopped = index >= 1_000 ? 100 * INTERVAL_MS : 0;
      const answer = baseline.observe(life.next(), "WORKING", index * INTERVAL_MS + stopped);
      if (answer.rebased) rebasedAt = index;
      if (answer.raised) alarms.push(index);
    }
    return { alarms, rebasedAt };
  };

  test("that shifts the level by a fifth is no fault", () => {
    expect(restart(0.2)).toEqual({ alarms: [], rebasedAt: 1_015 });
  });

  test("that lowers the level changes nothing: it may come back at the next one", () => {
    expect(restart(-0.3)).toEqual({ alarms: [], rebasedAt: -1 });
  });

  test("that leaves the level as it was changes nothing", () => {
    expect(restart(0)).toEqual({ alarms: [], rebasedAt: -1 });
  });

  test("hides no fault: a doubled level is alarmed on after the observations of a restart", () => {
    const { alarms } = restart(0.7);
    expect(alarms).toHaveLength(1);
    expect(alarms[0]).toBeGreaterThanOrEqual(1_015);
    expect(alarms[0]).toBeLessThan(1_060);
  });

  test("at each of many steps does not let a fault be learned in pieces", () => {
    const baseline = new Baseline(OPTIONS);
    const stairs = amplitude((index) => 0.1 * Math.floor(Math.max(0, index - 400) / 100));
    const life = new SimulatedLife(new SeededRandom(13), stairs);
    let alarmedAt = -1;
    for (let index = 0; index < 1_400 && alarmedAt < 0; index++) {
      const stopped = 50 * INTERVAL_MS * Math.floor(index / 100);
      const answer = baseline.observe(life.next(), "WORKING", index * INTERVAL_MS + stopped);
      if (answer.raised) alarmedAt = index;
    }
    expect(alarmedAt).toBeGreaterThan(400);
  });
});

describe("operating states", () => {
  test("are learned and judged apart", () => {
    const baseline = new Baseline(OPTIONS);
    const quiet = new SimulatedLife(new SeededRandom(14));
    const loud = new SimulatedLife(
      new SeededRandom(15),
      amplitude(() => 1.5),
    );
    for (let index = 0; index < 2_000; index++) {
      const idle = index % 20 < 10;
      const observed = idle ? quiet.next() : loud.next();
      const answer = baseline.observe(observed, idle ? "IDLE" : "WORKING", index * INTERVAL_MS);
      expect(answer.departure).toBeNull();
    }
  });

  test("are bounded: the one that was not seen for longest goes", () => {
    const baseline = new Baseline(OPTIONS);
    const life = new SimulatedLife(new SeededRandom(16));
    for (let index = 0; index < 3 * OPERATING_STATES_MAX; index++) {
      baseline.observe(life.next(), "WORKING", 2 * index);
      baseline.observe(life.next(), `mode ${index}`, 2 * index + 1);
    }
    const kept = baseline.state().operatingStates.map(([name]) => name);
    expect(kept).toHaveLength(OPERATING_STATES_MAX);
    expect(kept).toContain("WORKING");
    expect(kept).not.toContain("mode 0");
  });
});

test("a feature that is never there is not judged, and the others are", () => {
  const lame: Course = (index, feature) =>
    feature === 3 ? Number.NaN : index >= 1_000 && feature < 2 ? 0.8 : 0;
  const { alarms, answers } = live(17, 1_100, lame);
  expect(alarms).toHaveLength(1);
  expect(answers.at(-1)!.departure!.features.map(({ name }) => name)).not.toContain("kurtosis");
});

test("an observation in which nothing can be said changes nothing", () => {
  const baseline = new Baseline(OPTIONS);
  live(18, 300, STEADY, baseline);
  const before = baseline.state();
  for (const value of [Number.NaN, 0, -1, Number.POSITIVE_INFINITY]) {
    baseline.observe(new Float64Array(4).fill(value), "WORKING", 301 * INTERVAL_MS);
  }
  expect(baseline.state()).toEqual(before);
});
