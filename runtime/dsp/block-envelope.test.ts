import { expect, test } from "vitest";
import { SeededRandom } from "../testing/seeded-random.ts";
import { BlockEnvelope } from "./block-envelope.ts";
import { realFft64 } from "./fft.ts";
import { CPW_FLOOR_SHARE, whitenSpectrum } from "./prewhiten.ts";
import { ShortSpectra } from "./short-spectra.ts";
import { hann } from "./window.ts";

function noise(size: number): Float64Array {
  const random = new SeededRandom(size);
  return Float64Array.from({ length: size }, () => random.normal());
}

/** The real part of what only these bins of a signal make, and its Hilbert transform. */
function analytic(samples: Float64Array, first: number, last: number) {
  const fft = realFft64(samples.length);
  fft.samples.set(samples);
  fft.forward();
  const kept = fft.spectrum.slice();
  const inverse = (re: (bin: number) => number, im: (bin: number) => number) => {
    fft.spectrum.fill(0);
    for (let bin = first; bin <= last; bin++) {
      fft.spectrum[2 * bin] = re(bin);
      fft.spectrum[2 * bin + 1] = im(bin);
    }
    fft.inverse();
    return fft.samples.slice();
  };
  const real = inverse(
    (bin) => kept[2 * bin]!,
    (bin) => kept[2 * bin + 1]!,
  );
  const turned = inverse(
    (bin) => kept[2 * bin + 1]!,
    (bin) => -kept[2 * bin]!,
  );
  return { real, turned };
}

function powersOf(envelope: Float64Array): Float64Array {
  const fft = realFft64(envelope.length);
  const mean = envelope.reduce((sum, value) => sum + value, 0) / envelope.length;
  const window = hann(envelope.length);
  fft.samples.set(envelope.map((value, index) => (value / mean - 1) * window[index]!));
  fft.forward();
  return Float64Array.from(
    { length: envelope.length / 2 + 1 },
    (_, bin) => fft.spectrum[2 * bin]! ** 2 + fft.spectrum[2 * bin + 1]! ** 2,
  );
}

function expectClose(got: Float64Array, expected: Float64Array): void {
  const largest = Math.max(...expected);
  for (const [bin, value] of expected.entries()) {
    expect(Math.abs(got[bin]! - value), `bin ${bin}`).toBeLessThan(1e-12 * largest);
  }
}

test.each([16, 64, 512, 4_096])(
  "envelope powers of a block of %i are those step by step",
  (size) => {
    const samples = noise(size);
    const plan = new BlockEnvelope(size);
    plan.block.set(samples);
    plan.transform();

    plan.powersOf(2, size / 4);
    const band = analytic(samples, 2, size / 4);
    const banded = band.real.map((value, index) => value ** 2 + band.turned[index]! ** 2);
    expectClose(plan.powers, powersOf(banded));

    plan.powersOfBlock();
    const { turned } = analytic(samples, 1, size / 2 - 1);
    const whole = samples.map((value, index) => value ** 2 + turned[index]! ** 2);
    expectClose(plan.powers, powersOf(whole));
    expect([...plan.block]).toEqual([...samples]);
  },
);

test("a signal whose strength swings has a line where it swings", () => {
  const size = 1_024;
  const plan = new BlockEnvelope(size);
  for (let index = 0; index < size; index++) {
    const turn = (2 * Math.PI * index) / size;
    plan.block[index] = (1 + 0.5 * Math.cos(20 * turn)) * Math.cos(200 * turn);
  }
  plan.transform();
  plan.powersOf(150, 250);
  const highest = plan.powers.indexOf(Math.max(...plan.powers));
  expect(highest).toBe(20);
});

test("sums of short spectra are those of one transform after the other", () => {
  const samples = noise(1_000);
  const sizes = [16, 32, 128];
  const spectra = new ShortSpectra(sizes, samples.length);
  spectra.samples.set(samples);
  for (const [level, size] of sizes.entries()) {
    const frames = spectra.sum(level, 100, 800);
    expect(frames).toBe(Math.floor((800 - size) / (size / 2)) + 1);
    expect(spectra.sum(level, 100, 800, size)).toBe(Math.floor(800 / size));
    spectra.sum(level, 100, 800);
    const fft = realFft64(size);
    const window = hann(size);
    const squares = new Float64Array(size / 2 + 1);
    const fourths = new Float64Array(size / 2 + 1);
    for (let frame = 0; frame < frames; frame++) {
      const from = 100 + (frame * size) / 2;
      fft.samples.set(window.map((weight, index) => weight * samples[from + index]!));
      fft.forward();
      for (let bin = 0; bin <= size / 2; bin++) {
        const power = fft.spectrum[2 * bin]! ** 2 + fft.spectrum[2 * bin + 1]! ** 2;
        squares[bin]! += power;
        fourths[bin]! += power ** 2;
      }
    }
    expectClose(spectra.squares(level), squares);
    expectClose(spectra.fourths(level), fourths);
  }
});

test("the kernel whitens to the last bit as `whitenSpectrum` does, an empty band too", () => {
  const envelope = new BlockEnvelope(1_024);
  envelope.block.set(noise(1_024));
  envelope.transform();
  envelope.spectrum.fill(0, 900, 920);
  envelope.spectrum.fill(1e-9, 920, 940);
  const expected = envelope.spectrum.slice();
  whitenSpectrum(expected, CPW_FLOOR_SHARE);
  envelope.whiten(CPW_FLOOR_SHARE);
  // A zero may have either sign.
  const differing = expected.filter((value, index) => value !== envelope.spectrum[index]);
  expect(differing).toHaveLength(0);
});
