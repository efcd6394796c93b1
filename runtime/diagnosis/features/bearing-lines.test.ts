import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { requiresShared } from "../../testing/requires.ts";
import { SeededRandom } from "../../testing/seeded-random.ts";
import { bearingOrders } from "../bearing/geometry.ts";
import { at, channelOf, featuresOf, waveOf } from "./test-rig.ts";

/** 6205-2RS: figures as in the issue that asks for `--bearing n=9,d=7.94,D=39.04`. */
const geometry = {
  designation: "6205",
  elements: 9,
  elementDiameterMm: 7.94,
  pitchDiameterMm: 39.04,
  contactAngleDeg: 0,
  source: "given",
};
const orders = bearingOrders(geometry);
const bearings = [{ name: "driveEnd", geometry, ratio: 1 }];
const NAMES = ["DriveEndBpfo", "DriveEndBpfi", "DriveEndBsf", "DriveEndFtf"] as const;

/** Shocks at a rate, each ringing a resonance at 4 kHz, in noise. */
function shocks(perSecond: number, seed: number): Float32Array {
  const channel = channelOf({ bearings });
  const random = new SeededRandom(seed);
  const samples = waveOf(channel, [], () => 0.05 * random.normal());
  for (let shock = 0; shock < perSecond; shock++) {
    const start = Math.round((shock / perSecond) * channel.rate);
    for (let index = start; index < Math.min(start + 200, samples.length); index++) {
      const seconds = (index - start) / channel.rate;
      samples[index]! += Math.exp(-seconds * 1_500) * Math.sin(2 * Math.PI * 4_000 * seconds);
    }
  }
  return samples;
}

describe("shocks at the frequency of", () => {
  const cases = [
    { part: "the outer race", order: orders.bpfo, name: "DriveEndBpfo" },
    { part: "the inner race", order: orders.bpfi, name: "DriveEndBpfi" },
    { part: "a ball, twice a turn", order: 2 * orders.bsf, name: "DriveEndBsf" },
  ] as const;
  test.each(cases)("$part raise its level and no other's", ({ order, name }) => {
    const found = featuresOf(channelOf({ bearings }), shocks(order * 29, 5), at(29));
    expect(found[name]).toBeGreaterThan(25);
    // Lines may meet: 3 × BPFO and 2 × BPFI of this bearing are 0.7 % apart.
    for (const other of NAMES.filter((one) => one !== name)) {
      expect(found[other], other).toBeLessThan(found[name]! - 6);
    }
  });
});

test("noise has no lines", () => {
  const random = new SeededRandom(6);
  const channel = channelOf({ bearings });
  const found = featuresOf(
    channel,
    waveOf(channel, [], () => random.normal()),
    at(29),
  );
  for (const name of NAMES) expect(found[name], name).toBeLessThan(14);
});

test.each([
  ["no speed", null],
  ["rest", 0],
  ["a window of few turns", 1],
])("%s: no level", (_, speedHz) => {
  const found = featuresOf(channelOf({ bearings }), shocks(104, 7), at(speedHz));
  expect(NAMES.map((name) => found[name])).toEqual(NAMES.map(() => Number.NaN));
});

test("a recorded outer race at its best grade leads over the healthy record", (context) => {
  const folder = requiresShared(context, "data/cwru");
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as {
    readonly file: string;
    readonly fs: number;
    readonly rpm_nominal: number;
    readonly fault: string;
    readonly sr2015: string | null;
  }[];
  const levelOf = (record: (typeof manifest)[number]) => {
    const bytes = readFileSync(join(folder, record.file));
    const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const channel = channelOf({ rate: record.fs, windowSamples: 2 * record.fs, bearings });
    const found = featuresOf(channel, all.subarray(0, 2 * record.fs), at(record.rpm_nominal / 60));
    return found["DriveEndBpfo"]!;
  };
  const healthy = manifest.find(({ fault }) => fault === "normal")!;
  const outer = manifest.filter(({ fault, sr2015 }) => fault === "OR" && sr2015 === "Y1");
  expect(outer.length).toBeGreaterThan(0);
  for (const record of outer) {
    expect(levelOf(record), record.file).toBeGreaterThan(levelOf(healthy) + 6);
  }
});
