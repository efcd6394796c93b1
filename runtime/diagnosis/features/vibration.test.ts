import { describe, expect, test } from "vitest";
import { at, channelOf, featuresOf, type Line, waveOf } from "./test-rig.ts";

const MM_PER_S2_PER_G = 9_806.65;

/** Closer than a share of the value: what is promised of a figure, not digits of it. */
function expectWithin(found: number | undefined, wanted: number, share: number): void {
  expect(Math.abs(found! / wanted - 1), `${found} for ${wanted}`).toBeLessThan(share);
}

describe("a sine of a g at f Hz", () => {
  const cases = [
    { a: 1, hz: 50 },
    { a: 0.02, hz: 25.3 },
    { a: 3, hz: 999 / 2 },
    { a: 0.5, hz: 740 },
    { a: 0.1, hz: 12.5 },
  ];
  test.each(cases)("$a g at $hz Hz has the velocity and displacement of it", ({ a, hz }) => {
    const channel = channelOf();
    const found = featuresOf(channel, waveOf(channel, [[a, hz, 0.4]]));
    const velocity = (a * MM_PER_S2_PER_G) / (2 * Math.PI * hz);
    const displacement = (velocity * 1_000) / (2 * Math.PI * hz);
    const share = hz < 20 ? 0.02 : 0.003;
    expectWithin(found["VelocityRms"], velocity / Math.SQRT2, share);
    expectWithin(found["DisplacementRms"], displacement / Math.SQRT2, 2 * share);
    expectWithin(found["DisplacementPeakToPeak"], 2 * displacement, hz < 20 ? 0.06 : 0.03);
  });

  test("has the same in m/s2, and half of the next kind in mm/s", () => {
    const lines: readonly Line[] = [[2, 80]];
    const inG = channelOf();
    const inSi = channelOf({ unit: "m/s2" });
    const velocity = featuresOf(inG, waveOf(inG, lines))["VelocityRms"]!;
    expectWithin(featuresOf(inSi, waveOf(inSi, lines))["VelocityRms"], velocity / 9.80665, 1e-6);
    const sensor = channelOf({ quantity: "velocity", unit: "mm/s" });
    const found = featuresOf(sensor, waveOf(sensor, lines));
    expectWithin(found["VelocityRms"], Math.SQRT2, 1e-3);
    expectWithin(found["DisplacementRms"], (Math.SQRT2 * 1_000) / (2 * Math.PI * 80), 1e-3);
    expectWithin(found["DisplacementPeakToPeak"], 4_000 / (2 * Math.PI * 80), 0.01);
  });

  test("on an offset a hundred times as large has the same", () => {
    const channel = channelOf();
    const samples = waveOf(channel, [[0.01, 40]], () => 1);
    expectWithin(featuresOf(channel, samples)["VelocityRms"], 0.2759, 0.005);
  });

  test("in an unknown unit has no figure that names a unit", () => {
    const channel = channelOf({ unit: "V" });
    const found = featuresOf(channel, waveOf(channel, [[1, 50]]), at(50));
    expect(found["VelocityRms"]).toBeNaN();
    expect(found["Order1"]).toBeNaN();
    expectWithin(found["BandLow"], Math.SQRT1_2, 1e-3);
  });
});

test("what lies outside of 10 to 1000 Hz is no velocity", () => {
  const channel = channelOf();
  const inside = featuresOf(channel, waveOf(channel, [[1, 100]]))["VelocityRms"]!;
  const lines: readonly Line[] = [
    [1, 100],
    [5, 1_010],
    [0.05, 4],
  ];
  expectWithin(featuresOf(channel, waveOf(channel, lines))["VelocityRms"], inside, 0.005);
});

describe("orders", () => {
  const lines: readonly Line[] = [
    [0.2, 12.5],
    [0.1, 25],
    [0.05, 50, 1],
    [0.03, 75, 2],
  ];
  const orderRms = (a: number, hz: number) =>
    (a * MM_PER_S2_PER_G) / (2 * Math.PI * hz) / Math.SQRT2;

  test("are the lines at multiples of the speed, also where it is read a little wrong", () => {
    const channel = channelOf();
    for (const speedHz of [25, 24.8]) {
      const found = featuresOf(channel, waveOf(channel, lines), at(speedHz));
      expectWithin(found["HalfOrder"], orderRms(0.2, 12.5), 0.02);
      expectWithin(found["Order1"], orderRms(0.1, 25), 0.02);
      expectWithin(found["Order2"], orderRms(0.05, 50), 0.02);
      expectWithin(found["Order3"], orderRms(0.03, 75), 0.02);
    }
  });

  test.each([
    ["nobody knows the speed", null],
    ["the shaft is at rest", 0],
    ["the window is too short to tell them apart", 3],
    ["the speed is not a number", Number.NaN],
  ])("are not said where %s", (_, speedHz) => {
    const channel = channelOf();
    const found = featuresOf(channel, waveOf(channel, lines), at(speedHz));
    expect([found["HalfOrder"], found["Order1"], found["Order2"], found["Order3"]]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
    expect(found["VelocityRms"]).toBeGreaterThan(0);
  });
});
