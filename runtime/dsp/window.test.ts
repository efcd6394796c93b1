import { expect, test } from "vitest";
import { requiresPython } from "../testing/requires.ts";
import { askScipy } from "../testing/scipy.ts";
import { worst } from "../testing/waves.ts";
import { coherentGain, equivalentNoiseBandwidth, hann, windowOf } from "./window.ts";

// Harris (1978), table 1, rounded there to two digits; the flat top from SciPy's coefficients.
const cases = [
  { name: "none", gain: 1, bandwidth: 1 },
  { name: "hann", gain: 0.5, bandwidth: 1.5 },
  { name: "hamming", gain: 0.54, bandwidth: 1.36 },
  { name: "flat-top", gain: 0.2156, bandwidth: 3.77 },
  { name: "blackman-harris", gain: 0.36, bandwidth: 2.0 },
] as const;
test.each(cases)("$name has the gain and bandwidth of the literature", (row) => {
  const window = windowOf(row.name, 1_000);
  expect(coherentGain(window)).toBeCloseTo(row.gain, 2);
  expect(equivalentNoiseBandwidth(window)).toBeCloseTo(row.bandwidth, 2);
});

test("Hann and Hamming have their exact bandwidths at any size", () => {
  for (const size of [5, 16, 1_001]) {
    expect(equivalentNoiseBandwidth(hann(size))).toBeCloseTo(1.5, 12);
    const hamming = equivalentNoiseBandwidth(windowOf("hamming", size));
    expect(hamming).toBeCloseTo((0.54 ** 2 + 0.46 ** 2 / 2) / 0.54 ** 2, 12);
  }
});

test("a window is periodic: its next sample would be its first", () => {
  expect([...hann(4)].map((value) => Math.round(value * 1e12) / 1e12)).toEqual([0, 0.5, 1, 0.5]);
});

test("windows are those of SciPy", (context) => {
  const python = requiresPython(context, "scipy");
  const names = ["hann", "hamming", "flat-top", "blackman-harris"] as const;
  const expected = askScipy(
    python,
    names.map((name) => name.replace("-", "")),
    "answer = [signal.get_window(name, 250).tolist() for name in given]",
  ) as number[][];
  for (const [index, name] of names.entries()) {
    expect(worst(windowOf(name, 250), expected[index]!), name).toBeLessThan(1e-14);
  }
});
