import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UNITS } from "../../signal/units.ts";
import { requiresPython, requiresShared } from "../../testing/requires.ts";
import { askScipy } from "../../testing/scipy.ts";
import { SeededRandom } from "../../testing/seeded-random.ts";
import { QUANTITIES } from "../channel.ts";
import { featureSetOf, featureWordsOf } from "./feature-set.ts";
import { toFeatureUnit, unitsOf } from "./quantity-units.ts";
import { at, channelOf, featuresOf, waveOf } from "./test-rig.ts";

const geometry = {
  designation: "6205",
  elements: 9,
  elementDiameterMm: 7.94,
  pitchDiameterMm: 39.04,
  contactAngleDeg: 0,
  source: "given",
};
const parts = {
  bearings: [{ name: "driveEnd", geometry, ratio: 1 }],
  gears: [{ name: "pinion", teeth: 23, ratio: 1 }],
};

describe.each(QUANTITIES)("a waveform of %s", (quantity) => {
  const unit = unitsOf(quantity)[0] ?? "V";
  const channel = channelOf({ ...parts, quantity, unit, rate: 8_192, polePairs: 2 });

  test("begins with the four that every waveform has; the words are those of the set", () => {
    const { features } = featureSetOf(channel);
    expect(features).toEqual(featureWordsOf(channel));
    const suffixes = features.map(({ suffix }) => suffix);
    expect(suffixes.slice(0, 4)).toEqual(["Rms", "Peak", "CrestFactor", "Kurtosis"]);
    expect(new Set(suffixes).size).toBe(suffixes.length);
    for (const feature of features) {
      expect(feature.suffix).toMatch(/^[A-Z][A-Za-z0-9]*$/);
      if (feature.unit !== unit) expect(UNITS[feature.unit], feature.suffix).toBeDefined();
    }
  });

  test.each([
    ["empty", []],
    ["flat", Array(100).fill(1)],
    ["not-finite", [1, Number.NaN, 2]],
  ] as const)("%s: nothing is written", (outcome, samples) => {
    const set = featureSetOf(channel);
    const values = new Float64Array(set.features.length).fill(-1);
    const given = Float32Array.from(samples);
    expect(set.compute(given, given.length, at(25), values)).toBe(outcome);
    expect(values.every((value) => value === -1)).toBe(true);
  });

  test("of a window that is not full only the four are said", () => {
    const set = featureSetOf(channel);
    const values = new Float64Array(set.features.length);
    const samples = waveOf(channel, [[1, 50]]);
    expect(set.compute(samples, samples.length - 1, at(25), values)).toBe("whole");
    expect(values.slice(0, 4).every(Number.isFinite)).toBe(true);
    expect(values.slice(4).every(Number.isNaN)).toBe(true);
  });
});

test("whatever rate, window and samples: numbers or NaN, and nothing is thrown", () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = new SeededRandom(seed);
    const quantity = random.pick(QUANTITIES);
    const rate = 10 ** (6 * random.next());
    const windowSamples = random.integer(1, 3_000);
    const unit = random.pick(["V", ...unitsOf(quantity)]);
    const polePairs = random.pick([null, 1, 2]);
    const channel = channelOf({ ...parts, quantity, unit, rate, windowSamples, polePairs });
    const size = 10 ** (76 * random.next() - 38);
    const samples = waveOf(channel, [], () => size * random.normal()).map(Math.fround);
    const speedHz = random.pick([null, 0, 1e-9, rate, random.next() * rate, Number.NaN]);
    const set = featureSetOf(channel);
    const values = new Float64Array(set.features.length).fill(1);
    const outcome = set.compute(samples, windowSamples, at(speedHz), values);
    for (const value of outcome === "whole" ? values.subarray(4) : []) {
      expect(Math.abs(value) < Number.POSITIVE_INFINITY || Number.isNaN(value), `${seed}`).toBe(
        true,
      );
    }
  }
});

test("velocity, displacement and bands of noise are those that SciPy finds", (context) => {
  const python = requiresPython(context, "scipy");
  const channel = channelOf({ rate: 5_000, windowSamples: 5_000 });
  const random = new SeededRandom(21);
  const samples = waveOf(channel, [[0.3, 41.5]], () => random.normal());
  const found = featuresOf(channel, samples);
  const { rate, windowSamples } = channel;
  const expected = askScipy(
    python,
    { x: [...samples], rate, size: windowSamples },
    `f, s = signal.welch(np.array(given["x"]), given["rate"], nperseg=given["size"])
f, s = f[1:], s[1:] * (f[1] - f[0])
inside = (f >= 10) & (f <= 1000)
omega = 2 * np.pi * f
rms = lambda power: float(np.sqrt(power.sum()))
answer = [
    rms((s / omega**2)[inside]) * 9806.65,
    rms((s / omega**4)[inside]) * 9806650,
    rms(s[(f >= 10) & (f <= 300)]),
    rms(s[(f >= 300) & (f <= 1800)]),
]`,
  ) as readonly number[];
  const names = ["VelocityRms", "DisplacementRms", "BandLow", "BandMiddle"];
  names.forEach((name, index) => {
    // The bins are not SciPy's: behind the window come zeros up to a power of two.
    expect(found[name]! / expected[index]!, name).toBeCloseTo(1, 1);
  });
});

test("the CWRU recordings have the kurtosis of their manifest", (context) => {
  const folder = requiresShared(context, "data/cwru");
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as {
    readonly file: string;
    readonly fs: number;
    readonly kurtosis: number;
  }[];
  for (const { file, fs: rate, kurtosis } of manifest.slice(0, 8)) {
    const bytes = readFileSync(join(folder, file));
    const samples = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const channel = channelOf({ rate, windowSamples: samples.length });
    expect(featuresOf(channel, samples)["Kurtosis"], file).toBeCloseTo(kurtosis, 3);
  }
});

test("a unit that is none of the quantity makes no figure", () => {
  expect(toFeatureUnit("acceleration", "mm/s")).toBeNaN();
  expect(toFeatureUnit("other", "A")).toBeNaN();
  expect(toFeatureUnit("acceleration", "toString")).toBeNaN();
});
