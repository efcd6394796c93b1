import { describe, expect, test } from "vitest";
import { requiresPython } from "../testing/requires.ts";
import { askScipy } from "../testing/scipy.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { noise, sine, waveOf, worst } from "../testing/waves.ts";
import { bandRms } from "./integrate.ts";
import { Welch } from "./welch.ts";
import type { WindowName } from "./window.ts";

test("white noise of deviation 3 at 1000 Hz: 0.018 per Hz everywhere", () => {
  const samples = noise(200_000, new SeededRandom(3), 3);
  const welch = new Welch({ rate: 1_000, segment: 256 });
  welch.compute(samples, samples.length);
  expect(welch.segments).toBe(1_561);
  for (const bin of [5, 40, 64, 100, 120]) expect(welch.density[bin]).toBeCloseTo(0.018, 2);
  const whole = bandRms(welch.density, welch.binHz, 0, { lowHz: 1, highHz: 500 });
  expect(whole).toBeCloseTo(3, 1);
});

describe("a sine of amplitude 2", () => {
  const windows: readonly WindowName[] = ["none", "hann", "hamming", "flat-top", "blackman-harris"];
  test.each(windows)("on a bin has that amplitude with the window %s", (window) => {
    const samples = waveOf(4_096, sine(64, 1_024, 2));
    const welch = new Welch({ rate: 1_024, segment: 1_024, window });
    welch.compute(samples, samples.length);
    const amplitudes = new Float64Array(welch.density.length);
    welch.amplitudes(amplitudes);
    expect(amplitudes[64]).toBeCloseTo(2, 10);
  });

  test("between two bins loses at most 0.1 % with a flat top", () => {
    const samples = waveOf(4_096, sine(64.5, 1_024, 2));
    const welch = new Welch({ rate: 1_024, segment: 1_024, window: "flat-top" });
    welch.compute(samples, samples.length);
    const amplitudes = new Float64Array(welch.density.length);
    welch.amplitudes(amplitudes);
    expect(Math.max(...amplitudes)).toBeCloseTo(2, 2);
  });
});

test("less than a segment gives no spectrum, and says so", () => {
  const welch = new Welch({ rate: 1_000, segment: 256 });
  welch.compute(new Float64Array(255), 255);
  expect(welch.segments).toBe(0);
  expect(welch.density.every(Number.isNaN)).toBe(true);
});

test("a line is taken out of a segment, and what rides on it stays", () => {
  const samples = waveOf(1_024, (index) => 5 + 0.3 * index + sine(100, 1_024)(index));
  const welch = new Welch({ rate: 1_024, segment: 1_024, detrend: "line" });
  welch.compute(samples, samples.length);
  expect(welch.density[100]! * welch.noiseBandwidthHz).toBeCloseTo(0.5, 6);
  expect(welch.density[3]).toBeLessThan(1e-4);
});

test("the density is SciPy's", (context) => {
  const python = requiresPython(context, "scipy");
  const samples = noise(5_000, new SeededRandom(11));
  const cases = [
    { segment: 512, overlap: 256, detrend: "mean", theirs: "constant" },
    { segment: 300, overlap: 100, detrend: "line", theirs: "linear" },
    { segment: 1_000, overlap: 0, detrend: "none", theirs: false },
  ] as const;
  const plans = cases.map(
    ({ theirs, ...options }) => new Welch({ rate: 2_000, ...options, window: "hann" }),
  );
  const sizes = plans.map(({ density }) => 2 * (density.length - 1));
  const expected = askScipy(
    python,
    { x: [...samples], cases, sizes },
    `answer = []
for c, size in zip(given["cases"], given["sizes"]):
    answer.append(signal.welch(np.array(given["x"]), 2000, nperseg=c["segment"],
        noverlap=c["overlap"], nfft=size, detrend=c["theirs"])[1].tolist())`,
  ) as number[][];
  for (const [index, welch] of plans.entries()) {
    welch.compute(samples, samples.length);
    expect(worst(welch.density, expected[index]!)).toBeLessThan(1e-12);
  }
});
