import { describe, expect, test } from "vitest";
import { SeededRandom } from "../testing/seeded-random.ts";
import { noise, sine, waveOf, worst } from "../testing/waves.ts";
import { curveOfPulses, curveOfSpeeds, resampleToOrders } from "./order-tracking.ts";
import { estimateSpeed } from "./speed-estimate.ts";
import { findTachoPulses, speedOfPulses } from "./tacho.ts";
import { Welch } from "./welch.ts";

const RATE = 10_000;
const SECONDS = 4;
const COUNT = RATE * SECONDS;

/** A run-up from 20 to 40 Hz: revolutions at a time. */
const turned = (seconds: number) => 20 * seconds + (20 / SECONDS / 2) * seconds ** 2;
const angleAt = (index: number) => 2 * Math.PI * turned(index / RATE);
const samples = waveOf(COUNT, (index) => 3 * Math.sin(3.5 * angleAt(index)) + 7);

describe("a run-up is one line of order 3.5", () => {
  const check = (found: Float64Array, made: number, tolerance: number) => {
    const expected = waveOf(made, (index) => 3 * Math.sin((2 * Math.PI * 3.5 * index) / 64) + 7);
    expect(worst(found, expected, 64, made - 64)).toBeLessThan(tolerance);
  };

  test("by a tachometer's pulses", () => {
    const tacho = waveOf(COUNT, (index) => Math.sin(angleAt(index)));
    const pulses = new Float64Array(200);
    const options = { rate: RATE, threshold: 0, hysteresis: 0.2 };
    const pulseCount = findTachoPulses(tacho, COUNT, options, pulses);
    expect(pulseCount).toBe(119);
    // The first upward pass that has a fall before it ends the first revolution.
    for (const at of [0, 50, 118]) expect(turned(pulses[at]!)).toBeCloseTo(at + 1, 4);
    const found = new Float64Array(64 * 120);
    const curve = curveOfPulses(pulses, pulseCount, 1);
    const made = resampleToOrders(
      samples,
      COUNT,
      curve,
      { rate: RATE, samplesPerRevolution: 64 },
      found,
    );
    expect(made).toBe(64 * 118 + 1);
    // From the first pulse on: 3.5 periods further, so the sign is turned.
    const shifted = found.map((value) => 14 - value);
    check(shifted, made, 0.02);
  });

  test("by a speed curve", () => {
    const seconds = waveOf(17, (index) => index / 4);
    const curve = curveOfSpeeds(
      seconds,
      seconds.map((at) => 20 + (20 / SECONDS) * at),
    );
    const found = new Float64Array(64 * 120);
    const options = { rate: RATE, samplesPerRevolution: 64 };
    const made = resampleToOrders(samples, COUNT, curve, options, found);
    expect(made).toBeGreaterThan(64 * 119);
    check(found, made, 0.02);
  });
});

test("a steady speed is plain resampling, good to two thousandths up to 0.4 of the rate", () => {
  const hertz = 0.4 * RATE;
  const wave = waveOf(2_000, sine(hertz, RATE));
  const curve = curveOfSpeeds(Float64Array.of(0, 0.2), Float64Array.of(10, 10));
  const found = new Float64Array(4_000);
  const options = { rate: RATE, samplesPerRevolution: 1_700 };
  const made = resampleToOrders(wave, 2_000, curve, options, found);
  const expected = waveOf(made, (index) => Math.sin((2 * Math.PI * hertz * index) / 17_000));
  expect(worst(found, expected, 30, made - 30)).toBeLessThan(2e-3);
});

test("output ends where the signal ends", () => {
  const curve = curveOfSpeeds(Float64Array.of(0, 100), Float64Array.of(10, 10));
  const found = new Float64Array(10_000);
  const options = { rate: RATE, samplesPerRevolution: 100 };
  expect(resampleToOrders(samples, 1_000, curve, options, found)).toBe(100);
});

describe("a tachometer's pulses", () => {
  test("are counted once, whatever trembles inside the hysteresis", () => {
    const random = new SeededRandom(1);
    const tacho = waveOf(COUNT, (index) => Math.sin(angleAt(index)) + 0.05 * random.normal());
    const pulses = new Float64Array(200);
    const options = { rate: RATE, threshold: 0, hysteresis: 0.5 };
    expect(findTachoPulses(tacho, COUNT - 50, options, pulses)).toBe(119);
  });

  test("give the mean speed from two on", () => {
    expect(speedOfPulses(Float64Array.of(0, 0.5, 1), 3, 4)).toBeCloseTo(0.5, 12);
    expect(speedOfPulses(Float64Array.of(0), 1, 1)).toBeNull();
  });

  test("that do not fit are counted and not written", () => {
    const tacho = waveOf(COUNT, (index) => Math.sin(angleAt(index)));
    const pulses = new Float64Array(3);
    expect(
      findTachoPulses(tacho, COUNT, { rate: RATE, threshold: 0, hysteresis: 0.1 }, pulses),
    ).toBe(119);
  });
});

describe("the speed of a shaft, from its harmonics alone,", () => {
  const welch = new Welch({ rate: RATE, segment: RATE });
  const powerOf = (wave: Float64Array) => {
    welch.compute(wave, wave.length);
    return welch.density;
  };
  const range = { lowestHz: 10, highestHz: 100 };

  test.each([12.3, 24.9, 29.53, 60])("is found at %f Hz", (hertz) => {
    const background = noise(COUNT, new SeededRandom(2));
    const wave = waveOf(COUNT, (index) => {
      const family = [0.5, 0.8, 0.4, 0.2, 0.2].reduce(
        (sum, amplitude, position) => sum + sine((position + 1) * hertz, RATE, amplitude)(index),
        0,
      );
      return family + background[index]!;
    });
    const found = estimateSpeed(powerOf(wave), welch.binHz, range);
    expect(Math.abs(found!.speedHz / hertz - 1)).toBeLessThan(0.01);
    expect(found!.confidence).toBeGreaterThan(0.1);
  });

  test("is not found in noise", () => {
    expect(
      estimateSpeed(powerOf(noise(COUNT, new SeededRandom(3))), welch.binHz, range),
    ).toBeNull();
  });
});
