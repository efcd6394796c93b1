import { describe, expect, test } from "vitest";
import { SeededRandom } from "../testing/seeded-random.ts";
import { noise, sine, waveOf } from "../testing/waves.ts";
import { Kurtogram, kurtogram } from "./kurtogram.ts";
import { trimmedKurtosis } from "./spectral-kurtosis.ts";

const RATE = 20_000;
const COUNT = 20_000;
const BOUNDS = { lowestHz: 300, shockHz: 100 };

/** Shocks that ring at 6.2 kHz, 90 a second, in noise. */
function faulty(random: SeededRandom, strength: number): Float64Array {
  const background = noise(COUNT, random);
  return waveOf(COUNT, (index) => {
    const since = index % 222;
    return background[index]! + strength * Math.exp(-since / 20) * sine(6_200, RATE)(since);
  });
}

function holds(band: { lowHz: number; highHz: number } | null, hertz: number): boolean {
  return band !== null && band.lowHz < hertz && hertz < band.highHz;
}

describe("the kurtogram finds the band in which shocks ring", () => {
  test("in noise", () => {
    const band = kurtogram(faulty(new SeededRandom(1), 8), RATE, BOUNDS);
    expect(holds(band, 6_200), JSON.stringify(band)).toBe(true);
    expect(band!.kurtosis).toBeGreaterThan(1);
  });

  test("beside a tone that is ten times stronger", () => {
    const tone = sine(2_000, RATE, 30);
    const samples = faulty(new SeededRandom(2), 8).map((value, index) => value + tone(index));
    const band = kurtogram(samples, RATE, BOUNDS);
    expect(holds(band, 6_200), JSON.stringify(band)).toBe(true);
  });

  test("and not the one where a knock or two were", () => {
    const samples = faulty(new SeededRandom(3), 8);
    for (const at of [4_000, 13_000]) {
      for (let since = 0; since < 200; since++) {
        samples[at + since]! += 300 * Math.exp(-since / 25) * sine(3_000, RATE)(since);
      }
    }
    const band = kurtogram(samples, RATE, BOUNDS);
    expect(holds(band, 6_200), JSON.stringify(band)).toBe(true);
  });

  test("and not one at the edge, where next to nothing is", () => {
    const samples = faulty(new SeededRandom(4), 8);
    for (let index = 0; index < COUNT; index += 250) samples[index]! += index % 500 ? 1 : -1;
    const { lowHz, highHz } = kurtogram(samples, RATE, BOUNDS)!;
    expect(lowHz).toBeGreaterThanOrEqual(300);
    expect(highHz).toBeLessThanOrEqual(0.45 * RATE);
  });
});

test("noise has no band of shocks worth the name", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const band = kurtogram(noise(COUNT, new SeededRandom(seed)), RATE, BOUNDS);
    expect(band?.kurtosis ?? 0, `seed ${seed}`).toBeLessThan(0.3);
  }
});

test("a plan answers the same each time, for windows of any length up to its own", () => {
  const plan = new Kurtogram({ samplesMax: COUNT, rate: RATE, ...BOUNDS });
  const samples = faulty(new SeededRandom(5), 8);
  const once = plan.best(samples, COUNT);
  plan.best(noise(COUNT, new SeededRandom(6)), COUNT);
  expect(plan.best(samples, COUNT)).toEqual(once);
  expect(holds(plan.best(samples, COUNT / 2), 6_200)).toBe(true);
});

test("bounds that leave no room have no band", () => {
  const bounds = { lowestHz: 9_500, shockHz: 100 };
  expect(kurtogram(noise(COUNT, new SeededRandom(7)), RATE, bounds)).toBeNull();
});

test("the trimmed kurtosis: −1 of a steady envelope, 0 of noise, and deaf to one spike", () => {
  const scratch = new Float64Array(8);
  expect(trimmedKurtosis(new Float64Array(800).fill(3), 800, scratch)).toBeCloseTo(-1, 12);
  const random = new SeededRandom(8);
  const squared = waveOf(80_000, () => random.normal() ** 2 + random.normal() ** 2);
  expect(trimmedKurtosis(squared, 80_000, scratch)).toBeCloseTo(0, 1);
  squared[100] = 1e6;
  expect(trimmedKurtosis(squared, 80_000, scratch)).toBeCloseTo(0, 1);
});
