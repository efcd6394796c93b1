// Whatever is observed, in whatever order of time: an answer, and a state that can be written.

import { describe, expect, test } from "vitest";
import { type SeededRandom, withSeed } from "../../testing/seeded-random.ts";
import type { BaselineFeature } from "./answer.ts";
import { Baseline } from "./baseline.ts";
import { FEATURES_MAX } from "./settings.ts";

const FEATURES: readonly BaselineFeature[] = [
  { name: "rms", unit: "g", scale: "log", departs: "up", spreadLeast: 0.07 },
  { name: "temperature", unit: "Cel", scale: "linear", departs: "both", spreadLeast: 1 },
  { name: "pressure", unit: "bar", scale: "linear", departs: "down", spreadLeast: 1e-9 },
];

function odd(random: SeededRandom): number {
  return random.pick([
    0,
    -0,
    -1,
    1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    Number.MIN_VALUE,
    1e99,
    random.normal(),
    Math.exp(20 * random.normal()),
  ]);
}

test("odd values and times never break it, and its state can be read back", async () => {
  await withSeed((random) => {
    const baseline = new Baseline({ features: FEATURES });
    const observed = new Float64Array(FEATURES.length);
    let at = 0;
    for (let index = 0; index < 3_000; index++) {
      const ordinary = index < 600 || random.chance(0.8);
      for (let feature = 0; feature < observed.length; feature++) {
        observed[feature] = ordinary ? 5 + 0.1 * random.normal() : odd(random);
      }
      at += random.pick([0, 1, 10, 10, 10, 10_000, -5]);
      const answer = baseline.observe(observed, "WORKING", at);
      for (const figure of [answer.distance, answer.trend, answer.evidence, answer.learned]) {
        expect(figure === null || Number.isFinite(figure)).toBe(true);
      }
      if (index % 100 > 0) continue;
      const kept: unknown = JSON.parse(JSON.stringify(baseline.state()));
      expect(Baseline.restore({ features: FEATURES }, kept, 0)).toBeInstanceOf(Baseline);
    }
  });
});

test("a constant feature is learned with the least spread, and a change of it is found", () => {
  const baseline = new Baseline({ features: FEATURES });
  const observed = Float64Array.of(1, 20, 6);
  for (let index = 0; index < 400; index++) baseline.observe(observed, "WORKING", index);
  observed[1] = 28;
  let raised = 0;
  for (let index = 400; index < 450; index++) {
    if (baseline.observe(observed, "WORKING", index).raised) raised += 1;
  }
  expect(raised).toBe(1);
});

describe("the direction in which a fault moves a feature", () => {
  const after = (feature: number, value: number) => {
    const baseline = new Baseline({ features: FEATURES });
    const observed = Float64Array.of(1, 20, 6);
    for (let index = 0; index < 400; index++) baseline.observe(observed, "WORKING", index);
    observed[feature] = value;
    let departed = false;
    for (let index = 400; index < 450; index++) {
      departed = baseline.observe(observed, "WORKING", index).departure !== null;
    }
    return departed;
  };
  test.each([
    { feature: "rms", position: 0, value: 2, departs: true },
    { feature: "rms", position: 0, value: 0.5, departs: false },
    { feature: "temperature", position: 1, value: 28, departs: true },
    { feature: "temperature", position: 1, value: 12, departs: true },
    { feature: "pressure", position: 2, value: 5, departs: true },
    { feature: "pressure", position: 2, value: 7, departs: false },
  ])("$feature at $value: $departs", ({ position, value, departs }) => {
    expect(after(position, value)).toBe(departs);
  });
});

test("more features than it was made for are a mistake of ours", () => {
  const many = new Array(FEATURES_MAX + 1).fill(FEATURES[0]!);
  expect(() => new Baseline({ features: many })).toThrow();
  expect(() => new Baseline({ features: [] })).toThrow();
});
