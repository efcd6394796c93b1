import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../testing/seeded-random.ts";
import { barSlip, canSayBars } from "./broken-bars.ts";
import { negativeSequenceRatio, negativeSequenceRatioOf } from "./phase-unbalance.ts";
import { at, channelOf, featuresOf, waveOf } from "./test-rig.ts";

function currentOf(seconds: number, unit = "A") {
  const rate = 2_000;
  const windowSamples = seconds * rate;
  return channelOf({ quantity: "current", unit, rate, windowSamples, polePairs: 2 });
}

/** 10 A RMS at 50.03 Hz with 3 %, 5 % and 2 % of harmonics, in a little noise. */
function motorCurrent(seconds: number, barsDb = -200, slip = 0.02) {
  const random = new SeededRandom(11);
  const [hz, amplitude] = [50.03, 10 * Math.SQRT2];
  const bars = amplitude * 10 ** (barsDb / 20);
  return waveOf(
    currentOf(seconds),
    [
      [amplitude, hz],
      [0.03 * amplitude, 3 * hz, 1],
      [0.05 * amplitude, 5 * hz, 2],
      [0.02 * amplitude, 7 * hz, 3],
      [bars, hz * (1 - 2 * slip), 1],
      [bars / 2, hz * (1 + 2 * slip), 2],
    ],
    () => 1e-3 * random.normal(),
  );
}
const speedAt = (slip: number) => at((50.03 / 2) * (1 - slip));

describe("a motor's current", () => {
  test("has its frequency, fundamental and harmonics", () => {
    const found = featuresOf(currentOf(1), motorCurrent(1));
    expect(found["FundamentalFrequency"]).toBeCloseTo(50.03, 2);
    expect(found["FundamentalRms"]).toBeCloseTo(10, 1);
    expect(found["Harmonic3"]).toBeCloseTo(3, 1);
    expect(found["Harmonic5"]).toBeCloseTo(5, 1);
    expect(found["Harmonic7"]).toBeCloseTo(2, 1);
    expect(found["HarmonicDistortion"]).toBeCloseTo(Math.hypot(3, 5, 2), 1);
    expect(featuresOf(currentOf(1, "mA"), motorCurrent(1))["FundamentalRms"]).toBeCloseTo(0.01, 4);
  });

  test("that does not flow has no frequency", () => {
    const random = new SeededRandom(12);
    const noise = waveOf(currentOf(1), [], () => random.normal());
    const found = featuresOf(currentOf(1), noise, speedAt(0.02));
    for (const name of ["FundamentalFrequency", "HarmonicDistortion", "BarSidebands"]) {
      expect(found[name], name).toBeNaN();
    }
  });
});

describe("sidebands of broken bars", () => {
  test.each([
    [-35, 0.02, 8],
    [-45, 0.02, 8],
    [-55, 0.04, 4],
  ])("%d dB at a slip of %d in %d s are found", (barsDb, slip, seconds) => {
    const samples = motorCurrent(seconds, barsDb, slip);
    const found = featuresOf(currentOf(seconds), samples, speedAt(slip));
    expect(found["BarSidebands"]).toBeCloseTo(barsDb, 0);
  });

  test("that are not there lie far below any limit", () => {
    const found = featuresOf(currentOf(8), motorCurrent(8), speedAt(0.02));
    expect(found["BarSidebands"]).toBeLessThan(-70);
  });

  test.each([
    ["the window is too short", 4, speedAt(0.02)],
    ["nobody knows the speed", 8, at(null)],
    ["the motor stands", 8, at(0)],
    ["the speed is above that of its field", 8, at(25.5)],
  ])("are not said where %s", (_, seconds, circumstances) => {
    const found = featuresOf(currentOf(seconds), motorCurrent(seconds, -35), circumstances);
    expect(found["BarSidebands"]).toBeNaN();
    expect(found["FundamentalRms"]).toBeCloseTo(10, 1);
  });

  test("a window that is too short says how long it would have to be", () => {
    const circumstances = { supplyHz: 50, speedHz: 24.5, polePairs: 2, seconds: 4 };
    const answer = canSayBars(circumstances);
    expect(answer).toMatchObject({ canSay: false, why: "window-too-short" });
    // 2·s·f = 2 Hz, less a quarter: eight resolutions are 8 ÷ 1.5 s.
    const secondsNeeded = "secondsNeeded" in answer ? answer.secondsNeeded : Number.NaN;
    expect(secondsNeeded).toBeCloseTo(16 / 3, 9);
    const long = canSayBars({ ...circumstances, seconds: secondsNeeded });
    expect(long).toEqual({ canSay: true, lowerHz: 48, upperHz: 52 });
  });

  test.each([
    [{ polePairs: null }, "pole-pairs-unknown"],
    [{ speedHz: null }, "speed-unknown"],
    [{ speedHz: 25 }, "slip-implausible"],
    [{ speedHz: 12 }, "slip-implausible"],
  ] as const)("%j: %s", (given, why) => {
    const circumstances = { supplyHz: 50, speedHz: 24.5, polePairs: 2, seconds: 60, ...given };
    expect(canSayBars(circumstances)).toEqual({ canSay: false, why });
  });

  test("slip is what the field is ahead", () => {
    expect(barSlip(50, 24.25, 2)).toBeCloseTo(0.03, 12);
    expect(barSlip(50, 0, 2)).toBeNaN();
  });
});

describe("unbalance of three phases", () => {
  test("equal ones have none, a missing one is all of it", () => {
    expect(negativeSequenceRatio(7, 7, 7)).toBeCloseTo(0, 7);
    expect(negativeSequenceRatio(5, 5, 0)).toBeCloseTo(1, 7);
    expect(negativeSequenceRatio(0, 0, 0)).toBeNaN();
    expect(negativeSequenceRatio(9, 1, 1)).toBeNaN();
  });

  test("from their sizes it is what it is from their pointers", () => {
    const random = new SeededRandom(13);
    const polar = (size: number, angle: number) => ({
      re: size * Math.cos(angle),
      im: size * Math.sin(angle),
    });
    const third = (2 * Math.PI) / 3;
    for (let round = 0; round < 50; round++) {
      const [size, share] = [1 + random.next(), 0.9 * random.next()];
      const turned = 2 * Math.PI * random.next();
      // Phase k of both systems: the positive one lags by a third, the negative one leads.
      const phases = [0, 1, 2].map((k) => {
        const positive = polar(size, -k * third);
        const negative = polar(share * size, turned + k * third);
        return { re: positive.re + negative.re, im: positive.im + negative.im };
      });
      const [a, b, c] = phases as [never, never, never];
      expect(negativeSequenceRatioOf(a, b, c), `round ${round}`).toBeCloseTo(share, 9);
      const sizes = phases.map(({ re, im }) => Math.hypot(re, im)) as [number, number, number];
      expect(negativeSequenceRatio(...sizes), `round ${round}`).toBeCloseTo(share, 6);
    }
  });
});
