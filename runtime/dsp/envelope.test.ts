import { describe, expect, test } from "vitest";
import { requiresPython } from "../testing/requires.ts";
import { askScipy } from "../testing/scipy.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { noise, sine, waveOf, worst } from "../testing/waves.ts";
import { Envelope } from "./envelope.ts";
import { SquaredEnvelopeSpectrum } from "./envelope-spectrum.ts";
import { realFft64 } from "./fft.ts";
import { prewhitenCepstrum } from "./prewhiten.ts";
import { meanOf, ringSizeOf, writeRing } from "./samples.ts";

const RATE = 12_000;

describe("the squared envelope of", () => {
  test.each([1_000, 4_096, 12_000])("a sine of amplitude 3, over %i samples: 9", (count) => {
    const envelope = new Envelope({ samplesMax: count, rate: RATE });
    envelope.load(waveOf(count, sine(1_500, RATE, 3)), count);
    const found = new Float64Array(count);
    envelope.squared(found);
    expect(worst(found, new Float64Array(count).fill(9), 50, count - 50)).toBeLessThan(0.4);
    // At the very ends a mirrored sine has a kink; still nothing there looks like a shock.
    expect(Math.max(...found)).toBeLessThan(18);
  });

  test("a modulated carrier beside a stronger tone: the modulation, in its band alone", () => {
    const count = 12_000;
    const modulation = (index: number) => 1 + 0.5 * sine(37, RATE)(index);
    const samples = waveOf(
      count,
      (index) => modulation(index) * sine(3_000, RATE)(index) + sine(700, RATE, 5)(index),
    );
    const envelope = new Envelope({ samplesMax: count, rate: RATE });
    envelope.load(samples, count);
    const found = new Float64Array(count);
    envelope.squared(found, { lowHz: 2_500, highHz: 3_500 });
    const expected = waveOf(count, (index) => modulation(index) ** 2);
    expect(worst(found, expected, 100, count - 100)).toBeLessThan(2e-2);
  });

  test("a window shorter than the plan: as if the plan were for it", () => {
    const samples = waveOf(2_000, sine(1_000, RATE, 2));
    const found = new Float64Array(2_000);
    const envelope = new Envelope({ samplesMax: 12_000, rate: RATE });
    envelope.load(samples, 2_000);
    envelope.squared(found);
    expect(worst(found, new Float64Array(2_000).fill(4), 50, 1_950)).toBeLessThan(0.2);
  });

  test("noise: that of SciPy's Hilbert transform over the same ring", (context) => {
    const python = requiresPython(context, "scipy");
    const count = 4_000;
    const samples = noise(count, new SeededRandom(2));
    const ring = new Float64Array(ringSizeOf(count));
    writeRing(samples, count, ring);
    const expected = askScipy(
      python,
      [...ring],
      "answer = np.abs(signal.hilbert(np.array(given))) ** 2",
    ) as number[];
    const found = new Float64Array(count);
    const envelope = new Envelope({ samplesMax: count, rate: RATE });
    envelope.load(samples, count);
    envelope.squared(found);
    // Half the rate's bin, which has no direction to turn in, is left out here.
    expect(worst(found, expected, 0, count)).toBeLessThan(0.2);
    expect(
      Math.abs(meanOf(found, count) / meanOf(new Float64Array(expected), count) - 1),
    ).toBeLessThan(0.01);
  });

  test("all of a signal: filtering without a band gives it back without its mean", () => {
    const count = 6_000;
    const tone = sine(800, RATE);
    const samples = waveOf(count, (index) => 4 + tone(index));
    const mean = meanOf(samples, count);
    const envelope = new Envelope({ samplesMax: count, rate: RATE });
    envelope.load(samples, count);
    const found = new Float64Array(count);
    envelope.filtered(found);
    // Apart from the ring's own mean, which is that of the gap.
    expect(
      worst(
        found,
        samples.map((value) => value - mean),
      ),
    ).toBeLessThan(0.01);
  });
});

describe("the spectrum of a squared envelope", () => {
  // (1 + m·cos)² = 1 + m² ÷ 2 + 2m·cos + m² ÷ 2·cos 2.
  test.each([3_000, 12_000, 48_000])("has the same heights over %i samples", (count) => {
    const samples = waveOf(count, (index) => (1 + 0.4 * sine(96, RATE)(index)) ** 2);
    for (const window of ["hann", "none"] as const) {
      const spectrum = new SquaredEnvelopeSpectrum({ samplesMax: count, rate: RATE, window });
      spectrum.compute(samples, count);
      const near = (hertz: number) => {
        const middle = Math.round(hertz / spectrum.binHz);
        return Math.max(...spectrum.amplitudes.subarray(middle - 2, middle + 3));
      };
      // A line between two bins loses at most 8 % without a window, behind which zeros stand.
      expect(Math.abs(near(96) / 0.8 - 1)).toBeLessThan(0.08);
      expect(near(192)).toBeCloseTo(0.08, 1);
      expect(spectrum.mean).toBeCloseTo(1.08, 6);
    }
  });
});

describe("cepstral pre-whitening", () => {
  test("makes every bin equally strong", () => {
    const count = 4_096 - 64;
    const random = new SeededRandom(9);
    const hum = sine(1_000, RATE, 50);
    const samples = noise(count, random).map((value, index) => value + hum(index));
    const fft = realFft64(ringSizeOf(count));
    const white = new Float64Array(count);
    prewhitenCepstrum(samples, count, white, fft);
    const rms = Math.hypot(...white) / Math.sqrt(count);
    expect(rms).toBeGreaterThan(0.8);
    expect(rms).toBeLessThan(1.2);
    fft.forward();
    const bins = Array.from({ length: fft.size / 2 - 1 }, (_, index) =>
      Math.hypot(fft.spectrum[2 * index + 2]!, fft.spectrum[2 * index + 3]!),
    );
    expect(Math.max(...bins) / Math.min(...bins)).toBeCloseTo(1, 6);
  });

  test("brings out shocks that a tone a hundred times stronger hides", () => {
    const count = 12_000;
    const random = new SeededRandom(10);
    const samples = waveOf(count, (index) => {
      const since = index % 120;
      const ringing = Math.exp(-since / 15) * sine(3_500, RATE)(since);
      const tones = sine(500, RATE, 40)(index) + sine(620, RATE, 40)(index);
      return ringing + tones + 0.05 * random.normal();
    });
    const envelope = new Envelope({ samplesMax: count, rate: RATE });
    const spectrum = new SquaredEnvelopeSpectrum({ samplesMax: count, rate: RATE });
    const squared = new Float64Array(count);
    const strongest = () => {
      envelope.squared(squared);
      spectrum.compute(squared, count);
      return Math.round(
        spectrum.amplitudes.indexOf(Math.max(...spectrum.amplitudes)) * spectrum.binHz,
      );
    };
    envelope.load(samples, count);
    expect(strongest()).toBeCloseTo(120, -1);
    envelope.whiten();
    const found = strongest();
    expect(found % 100 === 0 || Math.abs((found % 100) - 100) < 2, `${found} Hz`).toBe(true);
  });

  test("does not raise rounding noise to the level of the signal", () => {
    const count = 8_000;
    const random = new SeededRandom(12);
    const envelope = new Envelope({ samplesMax: count, rate: RATE });
    envelope.load(noise(count, random), count);
    const banded = new Float64Array(count);
    envelope.filtered(banded, { lowHz: 100, highHz: 3_000 });
    for (let index = 0; index < count; index++) banded[index]! += 1e-7 * random.normal();
    envelope.load(banded, count);
    envelope.whiten();
    const low = new Float64Array(count);
    const high = new Float64Array(count);
    envelope.filtered(low, { lowHz: 500, highHz: 2_500 });
    envelope.filtered(high, { lowHz: 4_000, highHz: 5_900 });
    expect(Math.hypot(...high) / Math.hypot(...low)).toBeLessThan(0.2);
  });
});
