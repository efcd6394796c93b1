import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fftKernelFile } from "../../deploy/build-fft-kernel.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import {
  FFT_SIZE_MAX,
  FFT_SIZE_MIN,
  isFftSize,
  type RealFft,
  realFft32,
  realFft64,
} from "./fft.ts";

const SIZES: readonly number[] = Array.from({ length: 17 }, (_, index) => 2 ** (index + 4));
const SEED = 20_261_123;
/** A transform by definition of more than this takes seconds. */
const DEFINITION_SIZE_MAX = 2_048;

// Errors are shares of the largest bin, or of the largest sample; there and back is twice.
const PRECISIONS = [
  { name: "double", make: realFft64 as (size: number) => AnyFft, errorMax: 1e-14 },
  { name: "single", make: realFft32 as (size: number) => AnyFft, errorMax: 5e-7 },
] as const;
type AnyFft = RealFft<Float32Array | Float64Array>;

/** The same noise for each size, between −1 and 1. */
function fillWithNoise(into: Float32Array | Float64Array, seed = SEED): void {
  const random = new SeededRandom(seed);
  for (let index = 0; index < into.length; index++) into[index] = 2 * random.next() - 1;
}

function largest(numbers: ArrayLike<number>): number {
  let most = 0;
  for (let index = 0; index < numbers.length; index++) {
    most = Math.max(most, Math.abs(numbers[index]!));
  }
  return most;
}

/** The largest difference, as a share of the largest that was expected; NaN stays NaN. */
function errorShare(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  let most = 0;
  for (let index = 0; index < expected.length; index++) {
    const error = Math.abs(got[index]! - expected[index]!);
    if (!(error <= most)) most = error;
  }
  return most / largest(expected);
}

/** Summed by halves, which keeps a million roundings from adding up. */
function energy(numbers: Float32Array | Float64Array): number {
  const { length } = numbers;
  if (length <= 64) {
    let sum = 0;
    for (const number of numbers) sum += number ** 2;
    return sum;
  }
  return energy(numbers.subarray(0, length / 2)) + energy(numbers.subarray(length / 2));
}

/** X[k] = Σ x[n]·exp(−2πi·k·n ÷ size), in double precision. */
function byDefinition(samples: ArrayLike<number>): Float64Array {
  const size = samples.length;
  const spectrum = new Float64Array(size + 2);
  const angles = Array.from({ length: size }, (_, index) => (-2 * Math.PI * index) / size);
  const cosines = angles.map(Math.cos);
  const sines = angles.map(Math.sin);
  for (let bin = 0; bin <= size / 2; bin++) {
    for (let index = 0; index < size; index++) {
      spectrum[2 * bin]! += samples[index]! * cosines[(bin * index) % size]!;
      spectrum[2 * bin + 1]! += samples[index]! * sines[(bin * index) % size]!;
    }
  }
  return spectrum;
}

describe.each(PRECISIONS)("in $name precision", ({ make, errorMax }) => {
  test.each(SIZES.filter((size) => size <= DEFINITION_SIZE_MAX))(
    "%i samples of noise have the spectrum of the definition",
    (size) => {
      const fft = make(size);
      fillWithNoise(fft.samples);
      fft.forward();
      expect(errorShare(fft.spectrum, byDefinition(fft.samples))).toBeLessThan(errorMax);
    },
  );

  test.each(SIZES)("an impulse among %i samples is flat, with the phase of its place", (size) => {
    const fft = make(size);
    const place = Math.floor(size / 3);
    fft.samples[place] = 1;
    fft.forward();
    const expected = Float64Array.from({ length: size + 2 }, (_, index) => {
      const angle = (-2 * Math.PI * (((index >> 1) * place) % size)) / size;
      return index % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
    });
    expect(errorShare(fft.spectrum, expected)).toBeLessThan(errorMax);
  });

  test.each(SIZES)("a cosine of %i samples stands in its own bin alone", (size) => {
    const fft = make(size);
    const bins = [0, 1, 3, size / 4, size / 2 - 1, size / 2];
    // The largest differ from those before them in length alone, and a cosine takes them long.
    for (const bin of size <= 2 ** 16 ? bins : bins.slice(2, 3)) {
      for (let index = 0; index < size; index++) {
        fft.samples[index] = Math.cos((2 * Math.PI * ((bin * index) % size)) / size + (bin % 3));
      }
      fft.forward();
      const expected = new Float64Array(size + 2);
      const alone = bin === 0 || bin === size / 2;
      expected[2 * bin] = (alone ? size : size / 2) * Math.cos(bin % 3);
      expected[2 * bin + 1] = alone ? 0 : (size / 2) * Math.sin(bin % 3);
      expect(errorShare(fft.spectrum, expected), `bin ${bin}`).toBeLessThan(errorMax);
    }
  });

  test.each(SIZES)("%i samples come back, and were left as they are", (size) => {
    const fft = make(size);
    fillWithNoise(fft.samples);
    const before = fft.samples.slice();
    fft.forward();
    expect(errorShare(fft.samples, before)).toBe(0);
    fft.samples.fill(Number.NaN);
    fft.inverse();
    expect(errorShare(fft.samples, before)).toBeLessThan(2 * errorMax);
  });

  test.each(SIZES)("%i samples and their spectrum have the same energy (Parseval)", (size) => {
    const fft = make(size);
    fillWithNoise(fft.samples);
    fft.forward();
    const ofSamples = energy(fft.samples);
    const inner = energy(fft.spectrum.subarray(2, size));
    const outer = energy(fft.spectrum.subarray(0, 2)) + energy(fft.spectrum.subarray(size));
    expect(Math.abs((outer + 2 * inner) / size / ofSamples - 1)).toBeLessThan(errorMax);
  });

  test("the spectrum of a sum is the sum of the spectra", () => {
    const factor = fc.integer({ min: -1_000, max: 1_000 });
    const exponent = fc.integer({ min: 4, max: 12 });
    const seed = fc.integer({ min: 1, max: 1e6 });
    const law = (log2: number, a: number, b: number, noise: number) => {
      const fft = make(2 ** log2);
      const spectrumOf = (samples: Float64Array) => {
        fft.samples.set(samples);
        fft.forward();
        return Float64Array.from(fft.spectrum);
      };
      const one = new Float64Array(fft.size);
      const other = new Float64Array(fft.size);
      fillWithNoise(one, noise);
      fillWithNoise(other, noise + 1);
      const oneSpectrum = spectrumOf(one);
      const otherSpectrum = spectrumOf(other);
      const sum = spectrumOf(one.map((sample, index) => a * sample + b * other[index]!));
      const expected = oneSpectrum.map((part, index) => a * part + b * otherSpectrum[index]!);
      // The two may cancel: what counts is the size of what was added.
      const scale = Math.abs(a) * largest(oneSpectrum) + Math.abs(b) * largest(otherSpectrum);
      const error = largest(sum.map((part, index) => part - expected[index]!));
      expect(error).toBeLessThanOrEqual(2 * errorMax * scale);
    };
    fc.assert(fc.property(exponent, factor, factor, seed, law), { seed: SEED, numRuns: 100 });
  });

  test.each(SIZES)("of a spectrum of %i samples what no real signal has is ignored", (size) => {
    const fft = make(size);
    fillWithNoise(fft.samples);
    const before = fft.samples.slice();
    fft.forward();
    fft.spectrum[1] = 1e3;
    fft.spectrum[size + 1] = -1e3;
    fft.inverse();
    expect(errorShare(fft.samples, before)).toBeLessThan(2 * errorMax);
  });

  test("views stay attached, and transforms do not touch each other's memory", () => {
    const many = [64, 2 ** 16, 64, 2 ** 19, 4_096, 2 ** 20, 64].map((size) => make(size));
    const views = many.map(({ samples, spectrum }) => ({ samples, spectrum }));
    for (const [index, fft] of many.entries()) fillWithNoise(fft.samples, index + 1);
    for (const fft of many) fft.forward();
    for (const fft of many.toReversed()) fft.inverse();
    for (const [index, fft] of many.entries()) {
      expect(fft.samples).toBe(views[index]!.samples);
      expect(fft.spectrum).toBe(views[index]!.spectrum);
      const expected = new Float64Array(fft.size);
      fillWithNoise(expected, index + 1);
      expect(errorShare(fft.samples, expected)).toBeLessThan(2 * errorMax);
    }
  });

  test("one sample that is not a number leaves no bin that is one", () => {
    for (const size of [16, 64, 128]) {
      const fft = make(size);
      fft.samples[5] = Number.NaN;
      fft.forward();
      for (let bin = 0; bin <= size / 2; bin++) {
        expect(fft.spectrum[2 * bin]! + fft.spectrum[2 * bin + 1]!, `bin ${bin}`).toBeNaN();
      }
    }
  });

  test("a size that is no power of two, too small or too large is a mistake of ours", () => {
    for (const size of [0, 1, 8, 24, 100, 2 ** 21, -16, 16.5, Number.NaN]) {
      expect(isFftSize(size)).toBe(false);
      expect(() => make(size)).toThrow("power of two");
    }
    expect(isFftSize(FFT_SIZE_MIN) && isFftSize(FFT_SIZE_MAX)).toBe(true);
  });
});

test("the checked-in bytes are what the source gives", async () => {
  const checkedIn = readFileSync(join(import.meta.dirname, "fft-kernel-bytes.ts"), "utf8");
  expect(checkedIn, "run: node deploy/build-fft-kernel.ts").toBe(await fftKernelFile());
});
