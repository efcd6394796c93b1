import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { requiresShared } from "../testing/requires.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { computeFeatures, FEATURES } from "./features.ts";

function featuresOf(samples: Float32Array): Readonly<Record<string, number>> {
  const values = new Float64Array(FEATURES.length);
  expect(computeFeatures(samples, samples.length, values)).toBe("whole");
  return Object.fromEntries(FEATURES.map((name, index) => [name, values[index]!]));
}

/** One second at 25.6 kHz. */
function waveOf(value: (index: number) => number, count = 25_600): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => value(index));
}

const random = new SeededRandom(7);
const sine = (index: number) => Math.sin((2 * Math.PI * 50 * index) / 25_600);

describe("the features of", () => {
  const cases = [
    {
      name: "a sine of amplitude 3: A ÷ √2, A, √2 and 1.5",
      samples: waveOf((index) => 3 * sine(index)),
      expected: { rms: 3 / Math.SQRT2, peak: 3, crestFactor: Math.SQRT2, kurtosis: 1.5 },
      digits: 5,
    },
    {
      name: "a square wave: all one",
      samples: waveOf((index) => (index % 256 < 128 ? 1 : -1)),
      expected: { rms: 1, peak: 1, crestFactor: 1, kurtosis: 1 },
      digits: 12,
    },
    {
      name: "a sine on an offset a thousand times its size: those of the sine",
      samples: waveOf((index) => 1_000 + sine(index)),
      expected: { rms: Math.SQRT1_2, peak: 1, crestFactor: Math.SQRT2, kurtosis: 1.5 },
      digits: 3,
    },
    {
      name: "one shock in n samples: kurtosis about n",
      samples: waveOf((index) => (index === 0 ? 1 : 0), 10_000),
      expected: { rms: 0.01, peak: 1, crestFactor: 100, kurtosis: 10_000 },
      // n − 2 + 1 ÷ (n − 1), exactly.
      digits: -1,
    },
  ];
  test.each(cases)("$name", ({ samples, expected, digits }) => {
    const found = featuresOf(samples);
    for (const name of FEATURES) expect(found[name], name).toBeCloseTo(expected[name], digits);
  });

  test("normal noise of deviation 2: rms 2, kurtosis 3", () => {
    const found = featuresOf(waveOf(() => 2 * random.normal(), 400_000));
    expect(found["rms"]).toBeCloseTo(2, 1);
    expect(found["kurtosis"]).toBeCloseTo(3, 1);
  });

  test("a scaled window: scaled where they have a unit unchanged where they have none", () => {
    const noise = waveOf(() => random.normal());
    const once = featuresOf(noise);
    const fourfold = featuresOf(noise.map((sample) => 4 * sample));
    expect(fourfold["rms"]).toBeCloseTo(4 * once["rms"]!, 10);
    expect(fourfold["peak"]).toBeCloseTo(4 * once["peak"]!, 10);
    expect(fourfold["crestFactor"]).toBeCloseTo(once["crestFactor"]!, 10);
    expect(fourfold["kurtosis"]).toBeCloseTo(once["kurtosis"]!, 10);
  });

  test("the CWRU recordings: those of their manifest", (context) => {
    const folder = requiresShared(context, "data/cwru");
    const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as {
      readonly file: string;
      readonly n: number;
      readonly rms: number;
      readonly kurtosis: number;
    }[];
    expect(manifest.length).toBeGreaterThan(0);
    for (const { file, n, rms, kurtosis } of manifest) {
      const bytes = readFileSync(join(folder, file));
      const samples = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
      expect(samples.length, file).toBe(n);
      const found = featuresOf(samples);
      // The manifest's rms is that of the samples as they are, with their mean.
      const mean = samples.reduce((sum, sample) => sum + sample, 0) / n;
      expect(Math.hypot(found["rms"]!, mean), `rms of ${file}`).toBeCloseTo(rms, 4);
      expect(found["kurtosis"], `kurtosis of ${file}`).toBeCloseTo(kurtosis, 3);
    }
  });
});

describe("there are no features, and nothing is written, where", () => {
  const cases = [
    { name: "there are no samples", samples: [], outcome: "empty" },
    { name: "all samples are the same", samples: Array(1_000).fill(0.1), outcome: "flat" },
    { name: "there is one sample", samples: [5], outcome: "flat" },
    { name: "a sample is not a number", samples: [1, 2, Number.NaN, 4], outcome: "not-finite" },
    { name: "the first is not a number", samples: [Number.NaN, 2, 3], outcome: "not-finite" },
    { name: "a sample is infinite", samples: [1, Number.POSITIVE_INFINITY], outcome: "not-finite" },
    {
      name: "two infinities cancel",
      samples: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      outcome: "not-finite",
    },
  ] as const;
  test.each(cases)("$name", ({ samples, outcome }) => {
    const values = new Float64Array(FEATURES.length).fill(-1);
    expect(computeFeatures(Float32Array.from(samples), samples.length, values)).toBe(outcome);
    expect([...values]).toEqual([-1, -1, -1, -1]);
  });

  test("only the first samples count", () => {
    const values = new Float64Array(FEATURES.length);
    expect(computeFeatures(Float32Array.of(1, -1, Number.NaN), 2, values)).toBe("whole");
    expect([...values]).toEqual([1, 1, 1, 1]);
  });

  test("the largest and the smallest 32-bit floats still give numbers", () => {
    for (const size of [3.4e38, 1e-44]) {
      const { rms, kurtosis } = featuresOf(Float32Array.of(size, -size));
      expect(rms).toBeCloseTo(Math.fround(size), 12);
      expect(kurtosis).toBeCloseTo(1, 12);
    }
  });
});
