// The parts of the bearing detector by themselves: what noise reaches, averages in bounded memory,
// levels above their surroundings, and the band in which shocks are.

import { describe, expect, test } from "vitest";
import { kurtogram } from "../../dsp/kurtogram.ts";
import { addShock } from "../../testing/bearing-signal.ts";
import { SeededRandom } from "../../testing/seeded-random.ts";
import { BandSearch } from "./band-search.ts";
import { noiseLimitDb } from "./noise-limit.ts";
import { OrderAverages } from "./order-averages.ts";
import { OrderLevels } from "./order-levels.ts";

describe("what noise reaches", () => {
  test("falls with the blocks that are averaged, and rises with what is tried", () => {
    const limits = [1, 2, 4, 8, 16, 64].map((blocks) => noiseLimitDb(blocks, 3, 1_000));
    expect(limits).toEqual(limits.toSorted((one, other) => other - one));
    expect(noiseLimitDb(4, 3, 10_000)).toBeGreaterThan(noiseLimitDb(4, 3, 100));
    expect(noiseLimitDb(4, 2, 1_000)).toBeGreaterThan(noiseLimitDb(4, 3, 1_000));
  });

  // One line of one block is exponentially distributed: P(x > u) = exp(−u) is known exactly, and
  // Chernoff's bound may lie above it by a little, never below.
  test("bounds the exponential distribution from above, and closely", () => {
    const exact = 10 * Math.log10(Math.log(1e6 * 50) / Math.LN2);
    const limit = noiseLimitDb(1, 1, 50);
    expect(limit).toBeGreaterThan(exact);
    expect(limit).toBeLessThan(exact + 1);
  });

  test("is not passed by as many sums of noise as were tried", () => {
    const random = new SeededRandom(1);
    const blocks = 4;
    // At a million times more trials than are drawn here the limit holds with room.
    const limit = noiseLimitDb(blocks, 3, 1);
    let highest = Number.NEGATIVE_INFINITY;
    for (let trial = 0; trial < 20_000; trial++) {
      let sum = 0;
      for (let line = 0; line < 3; line++) {
        let power = 0;
        for (let block = 0; block < blocks; block++) power -= Math.log(1 - random.next());
        sum += 10 * Math.log10(power / 3.672);
      }
      highest = Math.max(highest, sum / 3);
    }
    expect(highest).toBeLessThan(limit);
    expect(highest).toBeGreaterThan(limit - 3);
  });
});

describe("averages over orders", () => {
  test("are exact over any number of blocks, and the halves are the earlier and the later", () => {
    for (const blocks of [1, 2, 3, 8, 9, 17, 100, 333]) {
      const averages = new OrderAverages(2, 2);
      for (let block = 0; block < blocks; block++) {
        averages.add(Float64Array.of(block, 1, 2 * block, 3));
      }
      expect(averages.blocks).toBe(blocks);
      expect([...averages.mean(0)]).toEqual([(blocks - 1) / 2, 1]);
      expect([...averages.mean(1)]).toEqual([blocks - 1, 3]);
      const halves = averages.halves(0);
      if (blocks === 1) {
        expect(halves).toBeNull();
        continue;
      }
      const [earlier, later] = halves!;
      expect(earlier[0]!).toBeLessThan(later[0]!);
      // Parts are at most a quarter of the whole once there are eight of them.
      if (blocks >= 8) expect(later[0]! - earlier[0]!).toBeCloseTo(blocks / 2, 6);
    }
  });

  test("forget on reset", () => {
    const averages = new OrderAverages(1, 1);
    averages.add(Float64Array.of(5));
    averages.reset();
    averages.add(Float64Array.of(1));
    expect([...averages.mean(0)]).toEqual([1]);
  });
});

describe("levels over orders", () => {
  const axis = { step: 0.025, bins: 800 };
  const powers = (lines: Readonly<Record<number, number>>) => {
    const flat = new Float64Array(axis.bins).fill(2);
    for (const [order, power] of Object.entries(lines)) {
      flat[Math.round(Number(order) / axis.step)] = power;
    }
    return flat;
  };

  test("are decibels above the median of the surroundings, whatever their slope", () => {
    const sloped = powers({ 3.6: 2_000 }).map((power, bin) => power / (1 + bin));
    const levels = OrderLevels.of(axis, sloped);
    expect(levels.lineDb(3.6)).toBe(25);
    expect(OrderLevels.of(axis, powers({ 3.6: 20 })).lineDb(3.6)).toBeCloseTo(10, 6);
    expect(Math.abs(levels.lineDb(9))).toBeLessThan(0.5);
  });

  test("give a comb the mean of its lines, and nothing beyond the axis", () => {
    const levels = OrderLevels.of(axis, powers({ 4: 20, 8: 200, 12: 2 }));
    expect(levels.combDb(4, 3)).toBeCloseTo(10, 6);
    expect(levels.combDb(4, 6)).toBeCloseTo(5, 6);
    expect(levels.highestOrder(0.3)).toBeCloseTo(8, 6);
  });

  test("lose the shaft's lines and keep a bearing's that stand beside them", () => {
    const levels = OrderLevels.of(axis, powers({ 1: 50, 2: 50, 4.075: 50, 5.9: 50 }));
    const cleaned = levels.withoutHarmonicsOf(1, 0.002);
    expect(cleaned.lineDb(1)).toBe(0);
    expect(cleaned.lineDb(2)).toBe(0);
    expect(cleaned.lineDb(4.075)).toBeGreaterThan(13);
    expect(cleaned.lineDb(5.9)).toBeGreaterThan(13);
  });

  test("hear the mains where at least two of its lines are there", () => {
    expect(OrderLevels.of(axis, powers({ 3.3: 50 })).hears(3.3)).toBe(false);
    expect(OrderLevels.of(axis, powers({ 3.3: 50, 6.6: 40 })).hears(3.3)).toBe(true);
  });
});

describe("the band of the shocks", () => {
  const rate = 25_600;
  const noise = (random: SeededRandom) =>
    Float32Array.from({ length: 16_384 }, () => random.normal());

  test("is where their resonance is", () => {
    for (const resonanceHz of [2_500, 5_000, 8_000]) {
      const samples = noise(new SeededRandom(3));
      for (let at = 0.001; at < 0.64; at += 1 / 107) {
        addShock(samples, rate, at, 30, resonanceHz);
      }
      const band = new BandSearch(rate, samples.length).find(Float64Array.from(samples))!;
      // The dyadic kurtogram finds it in another way, and looks at the whole at once.
      const bounds = { lowestHz: 500, shockHz: 107 };
      const peer = kurtogram(samples, rate, bounds)!;
      expect(band.lowHz).toBeLessThan(peer.highHz);
      expect(band.highHz).toBeGreaterThan(peer.lowHz);
      const centreHz = (band.lowHz + band.highHz) / 2;
      expect(Math.abs(centreHz - resonanceHz)).toBeLessThan(band.highHz - band.lowHz);
    }
  });

  test("is not the one that a single stray shock excites", () => {
    const samples = noise(new SeededRandom(4));
    for (let at = 0.001; at < 0.64; at += 1 / 107) addShock(samples, rate, at, 15, 3_000);
    addShock(samples, rate, 0.3, 5_000, 9_000);
    const band = new BandSearch(rate, samples.length).find(Float64Array.from(samples))!;
    expect(band.lowHz).toBeLessThan(3_500);
    expect(band.highHz).toBeLessThan(6_000);
  });

  test("stays below 0.45 of the rate, where an empty edge would win", () => {
    const samples = noise(new SeededRandom(5));
    for (let at = 0.001; at < 0.64; at += 0.02) addShock(samples, rate, at, 60, 12_600);
    const band = new BandSearch(rate, samples.length).find(Float64Array.from(samples));
    expect(band === null || band.highHz <= 0.45 * rate).toBe(true);
  });
});
