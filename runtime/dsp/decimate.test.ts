import { expect, test } from "vitest";
import { SeededRandom } from "../testing/seeded-random.ts";
import { noise, sine, waveOf, worst } from "../testing/waves.ts";
import { besselI0, Decimator, decimate } from "./decimate.ts";

test.each([2, 3, 8])("by %i keeps what is slow enough, in place", (factor) => {
  const rate = 8_000;
  const hertz = (0.7 * rate) / 2 / factor;
  const found = new Float64Array(Math.ceil(4_000 / factor));
  const made = decimate(waveOf(4_000, sine(hertz, rate)), factor, found);
  expect(made).toBe(Math.ceil(4_000 / factor));
  const expected = waveOf(made, (index) => sine(hertz, rate)(index * factor));
  expect(worst(found, expected, 60, made - 60)).toBeLessThan(1e-4);
});

test.each([2, 3, 8])("by %i folds nothing that is too fast", (factor) => {
  const rate = 8_000;
  const found = new Float64Array(4_000);
  for (const times of [1.02, 1.3, 1.9]) {
    const hertz = Math.min((times * rate) / 2 / factor, 0.49 * rate);
    const made = decimate(waveOf(4_000, sine(hertz, rate)), factor, found);
    const middle = found.subarray(60, made - 60);
    expect(worst(middle, new Float64Array(middle.length))).toBeLessThan(1e-4);
  }
});

test("a signal in pieces is decimated like the whole", () => {
  const samples = noise(5_000, new SeededRandom(1));
  const whole = new Float64Array(5_000);
  const made = new Decimator(5).run(samples, 5_000, whole);
  const decimator = new Decimator(5);
  const piece = new Float64Array(100);
  const pieces: number[] = [];
  for (let at = 0; at < 5_000; at += 77) {
    const part = samples.subarray(at, at + 77);
    pieces.push(...piece.subarray(0, decimator.run(part, part.length, piece)));
  }
  expect(pieces.length).toBe(made);
  expect(worst(pieces, whole.subarray(0, made))).toBe(0);
  decimator.reset();
  expect(decimator.run(samples, 5_000, piece.length > 0 ? whole : piece)).toBe(1_000);
});

test("a level stays a level up to the ends", () => {
  const found = new Float64Array(100);
  decimate(new Float64Array(400).fill(5), 4, found);
  expect(worst(found, new Float64Array(100).fill(5))).toBeLessThan(1e-12);
});

test("I₀ is that of the tables: Abramowitz and Stegun, 9.8", () => {
  expect(besselI0(0)).toBe(1);
  expect(besselI0(1)).toBeCloseTo(1.2660658777520084, 14);
  expect(besselI0(5)).toBeCloseTo(27.239871823604442, 11);
});
