import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../testing/seeded-random.ts";
import { negativeSequenceRatio } from "./phase-unbalance.ts";
import { type SlowFeature, type SlowFeatureKind, slowFeatureOf } from "./slow.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const STALE = 10 * SECOND;

function featureOf(kind: SlowFeatureKind, overMs = HOUR): SlowFeature {
  return slowFeatureOf({ kind, overMs, staleMs: [STALE, STALE] });
}

/** Feeds a signal from one instant to another; the last word of the feature. */
function feed(
  feature: SlowFeature,
  valueAt: (at: number) => number,
  { from = 0, to = HOUR, everyMs = SECOND }: { from?: number; to?: number; everyMs?: number } = {},
): number {
  let said = Number.NaN;
  for (let at = from; at <= to; at += everyMs) said = feature.good(0, valueAt(at), at);
  return said;
}

/** Deviation 2 about 50. */
function noise(seed: number): (at: number) => number {
  const random = new SeededRandom(seed);
  return () => 50 + 2 * random.normal();
}

describe("rate of change", () => {
  test("is the slope per minute, whatever the period of the samples", () => {
    const ramp = (at: number) => 10 + 0.3 * (at / (60 * SECOND));
    for (const everyMs of [250, SECOND, 7_300]) {
      expect(feed(featureOf("rate"), ramp, { everyMs }), `${everyMs}`).toBeCloseTo(0.3, 9);
    }
  });

  test("is not moved by a tenth of wild samples", () => {
    const random = new SeededRandom(1);
    const wild = (at: number) => (random.chance(0.1) ? 1e4 : 0) * 0.001 + at / (60 * SECOND);
    expect(feed(featureOf("rate"), wild)).toBeCloseTo(1, 1);
  });

  test("of noise is near nothing", () => {
    expect(Math.abs(feed(featureOf("rate"), noise(2)))).toBeLessThan(0.02);
  });
});

describe("spread", () => {
  test("is the deviation, and a few wild samples do not move it", () => {
    expect(feed(featureOf("spread"), noise(3))).toBeGreaterThan(1.6);
    const random = new SeededRandom(4);
    const steady = noise(5);
    const wild = (at: number) => (random.chance(0.05) ? 1e6 : steady(at));
    const found = feed(featureOf("spread"), wild);
    expect(found).toBeGreaterThan(1.5);
    expect(found).toBeLessThan(2.6);
  });

  test("of a constant is 0; of one that rarely steps it is not", () => {
    expect(feed(featureOf("spread"), () => 7)).toBe(0);
    const steps = (at: number) => (at % (600 * SECOND) < 60 * SECOND ? 8 : 7);
    expect(feed(featureOf("spread"), steps)).toBeCloseTo(0.3, 1);
  });
});

describe("run fluctuation", () => {
  test("forgets the run before", () => {
    const fluctuation = featureOf("fluctuation");
    expect(feed(fluctuation, noise(6))).toBeGreaterThan(1.5);
    fluctuation.leave();
    const next = { from: HOUR + SECOND, to: 1.4 * HOUR };
    expect(feed(fluctuation, () => 50, next)).toBeNaN();
    expect(feed(fluctuation, () => 50, { from: 1.4 * HOUR, to: 1.6 * HOUR })).toBe(0);
  });
});

describe("drift", () => {
  test("of a steady signal stays within a few tenths", () => {
    const drift = featureOf("drift");
    const steady = noise(7);
    for (let hour = 1; hour < 6; hour++) {
      const said = feed(drift, steady, { from: hour * HOUR, to: (hour + 1) * HOUR });
      expect(Math.abs(said), `hour ${hour}`).toBeLessThan(0.4);
    }
  });

  test("of a step by three deviations is most of that, and fades as it becomes usual", () => {
    const drift = featureOf("drift");
    const steady = noise(8);
    feed(drift, steady, { to: 4 * HOUR });
    const stepped = (at: number) => steady(at) + 6;
    const soon = feed(drift, stepped, { from: 4 * HOUR, to: 4.3 * HOUR });
    expect(soon).toBeGreaterThan(1.5);
    const late = feed(drift, stepped, { from: 4.3 * HOUR, to: 12 * HOUR });
    expect(Math.abs(late)).toBeLessThan(0.4);
  });

  test("still knows after a night what was usual before", () => {
    const drift = featureOf("drift");
    const steady = noise(9);
    feed(drift, steady, { to: 4 * HOUR });
    drift.leave();
    const morning = (at: number) => steady(at) + 6;
    expect(feed(drift, morning, { from: 14 * HOUR, to: 14.6 * HOUR })).toBeGreaterThan(1);
  });

  test("of a constant is 0", () => {
    expect(feed(featureOf("drift"), () => 7)).toBe(0);
  });
});

describe("nothing is said", () => {
  const kinds = ["rate", "spread", "fluctuation", "drift"] as const;

  test.each(kinds)("of %s before half of its span is known", (kind) => {
    const feature = featureOf(kind);
    expect(feed(feature, noise(10), { to: 0.49 * HOUR })).toBeNaN();
    expect(feed(feature, noise(11), { from: 0.49 * HOUR, to: 0.52 * HOUR })).not.toBeNaN();
  });

  test.each(kinds)("of %s from samples that are too far apart to be pairs", (kind) => {
    expect(feed(featureOf(kind), noise(12), { everyMs: 2 * STALE })).toBeNaN();
  });

  test.each(kinds)("of %s after an outage of its whole span, until it is filled again", (kind) => {
    const feature = featureOf(kind);
    feed(feature, noise(13));
    feature.bad(0);
    expect(feed(feature, noise(14), { from: 2.1 * HOUR, to: 2.2 * HOUR })).toBeNaN();
    expect(feed(feature, noise(14), { from: 2.2 * HOUR, to: 2.7 * HOUR })).not.toBeNaN();
  });
});

describe("a bad sample", () => {
  test("does not count as zero, and breaks the line across it", () => {
    const rate = featureOf("rate");
    const ramp = (at: number) => 1_000 + at / (60 * SECOND);
    for (let at = 0; at <= HOUR; at += SECOND) {
      if (at % (60 * SECOND) === 0) rate.bad(0);
      else rate.good(0, ramp(at), at);
    }
    expect(rate.good(0, ramp(HOUR), HOUR)).toBeCloseTo(1, 6);
  });

  test("out of order or twice at one instant changes nothing for the worse", () => {
    const rate = featureOf("rate");
    for (let at = 0; at <= HOUR; at += SECOND) {
      rate.good(0, at / (60 * SECOND), at);
      rate.good(0, at / (60 * SECOND), at);
      rate.good(0, -1e9, at - 5 * SECOND);
    }
    expect(rate.good(0, 60, HOUR)).toBeCloseTo(1, 6);
  });
});

describe("a ratio", () => {
  const SPAN = 300 * SECOND;

  test("is of the means: a moment near zero does not outweigh the rest", () => {
    const ratio = featureOf("ratio", SPAN);
    let said = Number.NaN;
    for (let at = 0; at <= 20 * SPAN; at += SECOND) {
      const flow = at % (10 * SECOND) === 0 ? 1e-6 : 10;
      ratio.good(1, flow, at);
      said = ratio.good(0, 30, at);
    }
    expect(said).toBeCloseTo(30 / 9, 1);
  });

  test("weighs by time, not by samples", () => {
    const ratio = featureOf("ratio", SPAN);
    let said = Number.NaN;
    // 8 s at 10, then 2 s at 20 with twenty times the samples.
    for (let at = 0; at <= 20 * SPAN; at += at % (10 * SECOND) < 8 * SECOND ? 4_000 : 100) {
      ratio.good(0, at % (10 * SECOND) < 8 * SECOND ? 10 : 20, at);
      said = ratio.good(1, 2, at);
    }
    expect(said).toBeCloseTo(6, 1);
  });

  test("is not said while one is bad, stale or missing, nor soon after a long outage", () => {
    const ratio = featureOf("ratio", SPAN);
    const both = (from: number, to: number) => {
      let said = Number.NaN;
      for (let at = from; at <= to; at += SECOND) {
        ratio.good(1, 4, at);
        said = ratio.good(0, 8, at);
      }
      return said;
    };
    expect(ratio.good(0, 8, 0)).toBeNaN();
    expect(both(SECOND, 0.5 * SPAN)).toBeNaN();
    expect(both(0.5 * SPAN, SPAN)).toBeCloseTo(2, 9);
    ratio.bad(1);
    expect(ratio.good(0, 8, SPAN + SECOND)).toBeNaN();
    ratio.good(1, 4, SPAN + SECOND);
    expect(ratio.good(0, 8, SPAN + SECOND)).toBeCloseTo(2, 9);
    // The second falls silent: its last value speaks no longer than it may.
    expect(ratio.good(0, 8, SPAN + SECOND + STALE)).toBeCloseTo(2, 9);
    expect(ratio.good(0, 8, SPAN + SECOND + STALE + 1)).toBeNaN();
    expect(both(10 * SPAN, 10.2 * SPAN)).toBeNaN();
  });

  test("to nothing is none", () => {
    const ratio = featureOf("ratio", SPAN);
    let said = 0;
    for (let at = 0; at <= 5 * SPAN; at += SECOND) {
      ratio.good(1, 0, at);
      said = ratio.good(0, 8, at);
    }
    expect(said).toBeNaN();
  });
});

test("the unbalance of three phases is that of their means, and NaN while one is missing", () => {
  const unbalance = slowFeatureOf({
    kind: "unbalance",
    overMs: 60 * SECOND,
    staleMs: [STALE, STALE, STALE],
  });
  const feedPhases = (phases: readonly number[], from: number, to: number) => {
    let said = Number.NaN;
    for (let at = from; at <= to; at += SECOND) {
      phases.forEach((value, input) => {
        said = unbalance.good(input, value, at);
      });
    }
    return said;
  };
  expect(feedPhases([10, 10], 0, 300 * SECOND)).toBeNaN();
  expect(feedPhases([0, 0, 0], 0, 300 * SECOND)).toBeNaN();
  expect(feedPhases([10, 10, 10], 301 * SECOND, 900 * SECOND)).toBeLessThan(0.01);
  const found = feedPhases([10, 10, 9], 901 * SECOND, 1_900 * SECOND);
  expect(found).toBeCloseTo(100 * negativeSequenceRatio(10, 10, 9), 6);
  expect(found).toBeGreaterThan(5);
});
