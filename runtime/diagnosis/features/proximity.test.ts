import { describe, expect, test } from "vitest";
import { orbitOf, orderVector } from "./shaft-vibration.ts";
import { at, channelOf, featuresOf, type Line, waveOf } from "./test-rig.ts";

const RATE = 5_000;
const probe = channelOf({ quantity: "displacement", unit: "um", rate: RATE, windowSamples: RATE });
const sampled = (lines: readonly Line[], offset = 0) => waveOf(probe, lines, () => offset);

describe("a probe", () => {
  const lines: readonly Line[] = [
    [20, 30],
    [5, 60, 1],
  ];

  test("has gap, swing and orders in um, whatever unit it comes in", () => {
    for (const [unit, factor] of [
      ["um", 1],
      ["mm", 1_000],
    ] as const) {
      const samples = sampled(lines, 800).map((sample) => sample / factor);
      const found = featuresOf({ ...probe, unit }, samples, at(30));
      expect(found["Gap"]).toBeCloseTo(800, 2);
      expect(found["DisplacementRms"]).toBeCloseTo(Math.hypot(20, 5) / Math.SQRT2, 2);
      expect(found["Order1"]).toBeCloseTo(20 / Math.SQRT2, 1);
      expect(found["Order2"]).toBeCloseTo(5 / Math.SQRT2, 1);
      expect(found["HalfOrder"]).toBeLessThan(0.01);
      expect(found["DisplacementPeakToPeak"]).toBeGreaterThan(40);
      expect(found["DisplacementPeakToPeak"]).toBeLessThan(50);
    }
  });

  test("without a speed has no orders", () => {
    for (const speedHz of [null, 0]) {
      const found = featuresOf(probe, sampled(lines), at(speedHz));
      expect([found["Order1"], found["Order2"]]).toEqual([Number.NaN, Number.NaN]);
    }
  });
});

describe("the vector of an order", () => {
  // cos(ωt − 2π·hz·mark − lag) as a sine: it peaks `lag` after the mark.
  const lagging = (lagDeg: number, markAt: number): Line => {
    const phase = Math.PI / 2 - (lagDeg * Math.PI) / 180 - (2 * Math.PI * 30 * markAt) / RATE;
    return [12, 30, phase];
  };

  test.each([
    [0, 0],
    [37, 0],
    [200, 41.5],
    [359, 100],
  ])("lags by %d degrees behind a mark at sample %d", (lagDeg, markAt) => {
    const vector = orderVector(sampled([lagging(lagDeg, markAt)], 500), RATE, RATE, 1, 30, markAt);
    expect(vector!.amplitude).toBeCloseTo(12, 2);
    const off = Math.abs(vector!.phaseLagDeg - lagDeg);
    expect(Math.min(off, 360 - off)).toBeLessThan(0.05);
  });

  test.each([null, 0, 2, Number.NaN])("there is none at a speed of %s", (speedHz) => {
    expect(orderVector(sampled([[1, 30]]), RATE, RATE, 1, speedHz, 0)).toBeNull();
  });
});

describe("the orbit of two probes", () => {
  const circle = { x: [10, 30, Math.PI / 2], y: [10, 30, 0] } as const;

  test("is a circle, forward where y follows x, backward where x follows y", () => {
    const forward = orbitOf(sampled([circle.x]), sampled([circle.y]), RATE, RATE, 30)!;
    expect([forward.major, forward.minor]).toEqual([expect.closeTo(10, 2), expect.closeTo(10, 2)]);
    expect(forward.precession).toBe("forward");
    const backward = orbitOf(sampled([circle.y]), sampled([circle.x]), RATE, RATE, 30)!;
    expect(backward.precession).toBe("backward");
  });

  test.each([-60, -10, 0, 30, 80])("is an ellipse that leans by %d degrees", (leanDeg) => {
    const lean = (leanDeg * Math.PI) / 180;
    const [a, b] = [20, 8];
    const path = (own: (angle: number) => number) =>
      Float32Array.from({ length: RATE }, (_, index) =>
        own((2 * Math.PI * 30 * index) / RATE + 0.7),
      );
    const x = path((t) => a * Math.cos(t) * Math.cos(lean) - b * Math.sin(t) * Math.sin(lean));
    const y = path((t) => a * Math.cos(t) * Math.sin(lean) + b * Math.sin(t) * Math.cos(lean));
    const orbit = orbitOf(x, y, RATE, RATE, 30)!;
    expect(orbit.major).toBeCloseTo(a, 2);
    expect(orbit.minor).toBeCloseTo(b, 2);
    expect(orbit.inclinationDeg).toBeCloseTo(leanDeg, 1);
    expect(orbit.precession).toBe("forward");
  });

  test("is straight where both swing together", () => {
    const samples = sampled([[10, 30]]);
    const orbit = orbitOf(samples, samples, RATE, RATE, 30)!;
    expect(orbit).toMatchObject({ precession: "straight" });
    expect(orbit.major).toBeCloseTo(10 * Math.SQRT2, 2);
    expect(orbit.inclinationDeg).toBeCloseTo(45, 1);
  });

  test("needs a speed", () => {
    expect(orbitOf(sampled([[1, 30]]), sampled([[1, 30]]), RATE, RATE, null)).toBeNull();
  });
});
