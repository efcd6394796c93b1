// What is no bearing's although its comb lies where one's would, because the speed is given a
// little wrong: a fan's blades, and noise that follows a supply which nobody wrote down.

import { expect, test } from "vitest";
import { bearingFaultSignal } from "../testing/bearing-signal.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { parseBearing } from "./bearing/library.ts";
import type { DiagnosisChannel } from "./channel.ts";
import { ChannelDiagnosis } from "./channel-diagnosis.ts";

const RATE = 12_800;
const SECONDS = 10;
const SHAFT_HZ = 24.6;

function decisionOn(samples: Float32Array, bearing: string, speedHz: number) {
  const channel: DiagnosisChannel = {
    name: "bearing",
    quantity: "acceleration",
    unit: "[g]",
    rate: RATE,
    windowSamples: RATE,
    fullScale: null,
    mainsHz: 50,
    bearings: [{ name: "driveEnd", geometry: parseBearing(bearing), ratio: 1 }],
    gears: [],
    polePairs: null,
    severity: null,
    regime: null,
  };
  const diagnosis = new ChannelDiagnosis(channel);
  const circumstances = { speedHz, load: null, operatingState: "WORKING" };
  for (let at = 0; at < samples.length; at += RATE) {
    diagnosis.window(samples.slice(at, at + RATE), RATE, circumstances, at);
    if (at + 2 * RATE > samples.length) break;
  }
  return diagnosis.conclude()!.bearings[0]!.decision;
}

/** Orders of a shaft as every machine has them. */
function turning(at: number): number {
  let sum = 0;
  for (let order = 1; order <= 6; order++) {
    sum += (0.5 / order) * Math.sin(2 * Math.PI * order * SHAFT_HZ * at + order);
  }
  return sum;
}

/** Just less than a conclusion, so that the caller asks for it. */
function samplesOf(sample: (at: number, random: SeededRandom) => number): Float32Array {
  const random = new SeededRandom(5);
  const length = (SECONDS - 1) * RATE;
  return Float32Array.from({ length }, (_, index) => sample(index / RATE, random));
}

// 3 blades at 1.2 % more than the plate says lie at 3.036, where a 6203's outer ring has 3.053.
test.each([0.975, 0.988, 1, 1.012])("three blades are no 6203 at %f of the speed", (share) => {
  const samples = samplesOf((at, random) => {
    let gust = 1;
    for (let line = 1; line <= 3; line++) {
      gust += (0.9 / line) * Math.cos(2 * Math.PI * 3 * line * SHAFT_HZ * at);
    }
    return turning(at) + random.normal() * gust;
  });
  const decision = decisionOn(samples, "6203", share * SHAFT_HZ);
  expect(decision.verdict, decision.reason).toBe("cannot-tell");
});

test("three blades of a speed that swings by 1 % are no 6203, where no shaft is heard", () => {
  let turns = 0;
  const samples = samplesOf((at, random) => {
    turns += (SHAFT_HZ * (1.012 + 0.004 * Math.sin(2 * Math.PI * 0.1 * at))) / RATE;
    const phase = 2 * Math.PI * 3 * turns;
    return random.normal() * (1 + 2 * Math.max(0, Math.cos(phase)) ** 8);
  });
  const decision = decisionOn(samples, "6203", SHAFT_HZ);
  expect(decision.verdict).toBe("cannot-tell");
  expect(decision.reason).toMatch(/may be 3 times the shaft/);
});

test("a damaged outer ring is told beside the same shaft, at a speed that is 1 % wrong", () => {
  const fault = { rate: RATE, seconds: SECONDS - 1, shaftHz: SHAFT_HZ, resonanceHz: 3_200 };
  const shocks = bearingFaultSignal(
    { ...fault, geometry: parseBearing("6205"), part: "outer", slip: 0.008, signalToNoiseDb: 3 },
    new SeededRandom(6),
  ).map((sample, index) => sample + turning(index / RATE));
  for (const share of [1, 0.99]) {
    expect(decisionOn(shocks, "6205", share * SHAFT_HZ)).toMatchObject({ verdict: "outer" });
  }
});

// 120 Hz are 7.23 turns of a shaft at 16.6 Hz, and 2×BSF of this bearing 7.38.
test("noise that follows another supply than the machine file's is no rolling element", () => {
  const samples = samplesOf(
    (at, random) => random.normal() * (1 + 0.7 * Math.cos(2 * Math.PI * 120 * at)),
  );
  const decision = decisionOn(samples, "n=12,d=8,D=60,angle=15", 16.6);
  expect(decision.verdict, decision.reason).not.toBe("ball");
});
