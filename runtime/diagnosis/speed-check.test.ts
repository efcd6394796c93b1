import { describe, expect, test } from "vitest";
import { allRecordings } from "../testing/recordings.ts";
import { requiresShared } from "../testing/requires.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { sine } from "../testing/waves.ts";
import { SpeedCheck } from "./speed-check.ts";

const RATE = 12_800;

/** A shaft at 24 Hz with the given amplitudes at its orders, in noise. */
function shaft(orders: Readonly<Record<number, number>>, seconds = 8): Float32Array {
  const random = new SeededRandom(3);
  const lines = Object.entries(orders).map(([order, size]) => sine(24 * Number(order), RATE, size));
  return Float32Array.from({ length: seconds * RATE }, (_, index) =>
    lines.reduce((sum, line) => sum + line(index), random.normal()),
  );
}

function judged(samples: Float32Array, speedHz: number, rate = RATE, piece = samples.length) {
  const check = new SpeedCheck(rate);
  for (let at = 0; at < samples.length; at += piece) {
    const part = samples.subarray(at, at + piece);
    check.add(part, part.length, speedHz);
  }
  return check.judge();
}

const HEALTHY = { 1: 0.6, 2: 0.4, 3: 0.3, 4: 0.2, 5: 0.2 };

describe("a shaft at 24 Hz", () => {
  const samples = shaft(HEALTHY);

  test.each([24, 24.4, 23.5, -24])("is believed at %f Hz", (speedHz) => {
    expect(judged(samples, speedHz)).toBeNull();
  });

  test.each([6, 20, 21.5, 26.5, 30, 48])(
    "contradicts %f Hz, or says nothing below 10 Hz",
    (hertz) => {
      const problem = judged(samples, hertz);
      if (hertz < 10) expect(problem).toBeNull();
      else expect(problem).toMatchObject({ kind: "wrong-rate", forbids: "bearing" });
    },
  );

  test("names the speed that is heard", () => {
    expect(judged(samples, 26.5)!.message).toMatch(/^What turns is heard at 14[34]\d.* 1590 rpm\./);
  });

  test("says the same in pieces of any length", () => {
    for (const piece of [999, 12_800]) {
      expect(judged(samples, 26.5, RATE, piece)).toEqual(judged(samples, 26.5));
    }
  });

  test("says nothing in less than a second and a half", () => {
    expect(judged(samples.subarray(0, 1.4 * RATE), 30)).toBeNull();
  });
});

test("a single line, or noise, contradicts nothing", () => {
  expect(judged(shaft({}), 24)).toBeNull();
  expect(judged(shaft({ 1.3: 2 }), 24)).toBeNull();
});

test.each([
  ["outer ring", 3.585],
  ["inner ring", 5.415],
  ["rolling element", 4.713],
])("a struck %s is no shaft that turns faster", (_, order) => {
  const random = new SeededRandom(11);
  const everySeconds = 1 / (order * 29.7 * 0.995);
  const samples = Float32Array.from({ length: 10 * RATE }, (_sample, index) => {
    const since = (index / RATE) % everySeconds;
    const shock = 2 * Math.exp(-900 * since) * Math.sin(2 * Math.PI * 3_300 * since);
    return 0.05 * random.normal() + shock;
  });
  const check = new SpeedCheck(RATE, { orders: [3.585, 5.415, 4.713], mainsHz: 50 });
  check.add(samples, samples.length, 29.7);
  expect(check.judge()).toBeNull();
});

test("another speed begins anew", () => {
  const check = new SpeedCheck(RATE);
  const samples = shaft(HEALTHY);
  check.add(samples, samples.length, 30);
  expect(check.judge()).not.toBeNull();
  check.add(samples, samples.length, 24);
  expect(check.judge()).toBeNull();
});

test("a speed that changes slowly is not held against what it was", () => {
  const check = new SpeedCheck(RATE);
  const samples = shaft(HEALTHY);
  check.add(samples, samples.length, 30);
  expect(check.judge()).not.toBeNull();
  for (const speedHz of [29.4, 28.8]) check.add(samples, RATE, speedHz);
  // Of the last second alone nothing can be said yet.
  expect(check.judge()).toBeNull();
});

test("recordings never contradict their own speed, and mostly a wrong one", (context) => {
  const factors = [0.9, 2];
  let recordings = 0;
  let caught = 0;
  for (const recording of allRecordings(requiresShared(context, "data"))) {
    const { name, rate, shaftHz, windowSamples } = recording;
    if (windowSamples < rate) continue;
    recordings += 1;
    const part = recording.samples().subarray(0, 4 * rate);
    expect(judged(part, shaftHz, rate), name).toBeNull();
    for (const factor of factors) if (judged(part, factor * shaftHz, rate)) caught += 1;
  }
  expect(recordings).toBeGreaterThan(0);
  expect(caught / (recordings * factors.length)).toBeGreaterThan(0.8);
});
