// Verdicts on bearings that are made here, so that what they are is known: shocks with slip and a
// resonance in noise, and sounds that are nobody's fault. Recordings: recordings.test.ts.

import { describe, expect, test } from "vitest";
import {
  addShock,
  type BearingFault,
  bearingFaultSignal,
  INNOCENT_SOUNDS,
  type SignalFrame,
} from "../../testing/bearing-signal.ts";
import { SeededRandom, withSeed } from "../../testing/seeded-random.ts";
import { BearingDetector } from "./detector.ts";
import { type BearingGeometry, bearingOrders } from "./geometry.ts";
import { BEARING_LIBRARY, parseBearing } from "./library.ts";

const FRAME: SignalFrame = { rate: 25_600, seconds: 4, shaftHz: 29.7 };
const FAULT = {
  ...FRAME,
  geometry: parseBearing("6205"),
  resonanceHz: 4_100,
  slip: 0.008,
} satisfies Partial<BearingFault>;
const PARTS = ["outer", "inner", "ball", "cage"] as const;

function detectorFor(geometry: BearingGeometry, rate = FRAME.rate, ratio = 1): BearingDetector {
  return new BearingDetector({ rate, bearing: { name: "b", geometry, ratio }, mainsHz: 50 });
}

function decisionOn(samples: Float32Array, geometry: BearingGeometry, frame = FRAME, speed = 1) {
  const detector = detectorFor(geometry, frame.rate);
  detector.add(samples, samples.length, frame.shaftHz * speed);
  return detector.decide();
}

describe("a damaged bearing", () => {
  // The mean power of the shocks beside the noise's: at 0 dB they are seen by eye, at −8 dB not.
  test.each(
    [5, 0, -5, -8].flatMap((signalToNoiseDb) => PARTS.map((part) => ({ part, signalToNoiseDb }))),
  )("is told: $part at $signalToNoiseDb dB", ({ part, signalToNoiseDb }) => {
    const random = new SeededRandom(20_815);
    const decision = decisionOn(
      bearingFaultSignal({ ...FAULT, part, signalToNoiseDb }, random),
      FAULT.geometry,
    );
    // A cage turns so slowly that fewer shocks come, and more is asked of it.
    const tooWeak = part === "cage" && signalToNoiseDb < -5;
    expect(decision.verdict, decision.reason).toBe(tooWeak ? "cannot-tell" : part);
  });

  test("is never taken for another, however deep in noise", async () => {
    await withSeed((random) => {
      for (let round = 0; round < 16; round++) {
        const part = random.pick(PARTS);
        const geometry = random.pick(BEARING_LIBRARY);
        const fault: BearingFault = {
          part,
          geometry,
          rate: random.pick([12_000, 25_600]),
          seconds: random.pick([2, 4]),
          shaftHz: 18 + 30 * random.next(),
          resonanceHz: 2_000 + 3_000 * random.next(),
          slip: 0.015 * random.next(),
          signalToNoiseDb: -20 + 22 * random.next(),
        };
        const decision = decisionOn(bearingFaultSignal(fault, random), geometry, fault);
        const said = `${part} of ${geometry.designation}: ${decision.reason}`;
        expect([part, "none", "cannot-tell"], said).toContain(decision.verdict);
      }
    });
  });

  test("shows its lines, near where they are expected, with what they had to reach", () => {
    const samples = bearingFaultSignal(
      { ...FAULT, part: "inner", signalToNoiseDb: 0 },
      new SeededRandom(4),
    );
    const { candidates, confidence, seconds } = decisionOn(samples, FAULT.geometry);
    expect(confidence).toBeGreaterThan(0.9);
    expect(seconds).toBeGreaterThan(3);
    expect(candidates.map(({ candidate }) => candidate)).toEqual(PARTS);
    const inner = candidates[1]!;
    expect(inner.fundamentalHz).toBeCloseTo(5.4152 * FRAME.shaftHz * (1 - FAULT.slip), -1);
    expect(inner.scoreDb).toBeGreaterThan(inner.thresholdDb);
    const names = inner.lines.map(({ line, spectrum }) => `${line} ${spectrum}`);
    expect(names).toContain("BPFI envelope-prewhitened");
    expect(names).toContain("2×BPFI envelope");
    expect(names).toContain("3×BPFI envelope-band");
    expect(names).toContain("BPFI−fr envelope-prewhitened");
    for (const { foundHz, expectedHz } of inner.lines) {
      expect(Math.abs(foundHz / expectedHz - 1)).toBeLessThan(0.025);
    }
  });

  test("gets the same verdict in windows of any length, at any ratio of shafts", () => {
    const samples = bearingFaultSignal(
      { ...FAULT, part: "outer", signalToNoiseDb: 0 },
      new SeededRandom(5),
    );
    const whole = decisionOn(samples, FAULT.geometry);
    const pieces = detectorFor(FAULT.geometry, FRAME.rate, 2);
    for (let start = 0; start < samples.length; start += 1_777) {
      const window = samples.subarray(start, start + 1_777);
      pieces.add(window, window.length, FRAME.shaftHz / 2);
    }
    expect(pieces.decide()).toEqual(whole);
    expect(whole.verdict).toBe("outer");
  });

  test("is told while the speed drifts from window to window", () => {
    const detector = detectorFor(FAULT.geometry);
    const random = new SeededRandom(6);
    for (let window = 0; window < 6; window++) {
      const shaftHz = FRAME.shaftHz * (1 + 0.004 * window);
      const fault = {
        ...FAULT,
        part: "outer",
        signalToNoiseDb: 3,
        shaftHz,
        seconds: 1.28,
      } as const;
      const samples = bearingFaultSignal(fault, random);
      detector.add(samples, samples.length, shaftHz);
    }
    expect(detector.decide()).toMatchObject({ verdict: "outer" });
  });

  test("is not named where the speed is given 5 % wrong", () => {
    for (const part of PARTS) {
      const samples = bearingFaultSignal(
        { ...FAULT, part, signalToNoiseDb: 3 },
        new SeededRandom(7),
      );
      for (const speed of [0.95, 1.05]) {
        const { verdict } = decisionOn(samples, FAULT.geometry, FRAME, speed);
        expect(["none", "cannot-tell"], `${part} at ${speed}`).toContain(verdict);
      }
    }
  });
});

describe("what is no bearing's fault", () => {
  test.each(Object.keys(INNOCENT_SOUNDS))("names none: %s", async (name) => {
    await withSeed((random) => {
      for (let round = 0; round < 6; round++) {
        const geometry = random.pick(BEARING_LIBRARY);
        const rate = random.pick([12_000, 25_600]);
        const frame = { rate, seconds: random.pick([1, 3]), shaftHz: 18 + 30 * random.next() };
        const samples = INNOCENT_SOUNDS[name]!(frame, random);
        const { verdict, reason } = decisionOn(samples, geometry, frame);
        expect(["none", "cannot-tell"], `${geometry.designation}: ${reason}`).toContain(verdict);
      }
    });
  });

  test("white noise for long enough is none, with grounds", () => {
    const random = new SeededRandom(8);
    const samples = INNOCENT_SOUNDS["white noise"]!({ ...FRAME, seconds: 10 }, random);
    const { verdict, confidence, reason } = decisionOn(samples, FAULT.geometry);
    expect(verdict, reason).toBe("none");
    expect(confidence).toBeGreaterThan(0.5);
    expect(reason).toMatch(/kurtosis 3\.0/);
  });

  test("nothing is ruled out by a short record, by bursts or by a lone tone", () => {
    const random = new SeededRandom(9);
    const noise = INNOCENT_SOUNDS["white noise"]!;
    expect(decisionOn(noise({ ...FRAME, seconds: 1 }, random), FAULT.geometry)).toMatchObject({
      verdict: "cannot-tell",
      confidence: 0,
      reason: expect.stringMatching(/too short to rule a weak fault out/),
    });
    const struck = noise({ ...FRAME, seconds: 10 }, random);
    for (let at = 0.5; at < 10; at += 1.7) addShock(struck, FRAME.rate, at, 60, 4_000);
    expect(decisionOn(struck, FAULT.geometry)).toMatchObject({
      verdict: "cannot-tell",
      reason: expect.stringMatching(/not noise: kurtosis/),
    });
    const tone = Float32Array.from({ length: 256_000 }, (_, at) => Math.sin(at / 7));
    expect(decisionOn(tone, FAULT.geometry).verdict).toBe("cannot-tell");
  });

  // A pump's flow or a belt may have any frequency, also that at which a bearing's fault would be.
  test("what swells and ebbs at a fault's own frequency is no shock", async () => {
    await withSeed((random) => {
      for (let round = 0; round < 12; round++) {
        const geometry = random.pick(BEARING_LIBRARY);
        const { bpfo, bpfi, bsf } = bearingOrders(geometry);
        const hertz = random.pick([bpfo, bpfi, 2 * bsf]) * FRAME.shaftHz;
        const depth = 0.3 + 0.6 * random.next();
        const samples = Float32Array.from({ length: 10 * FRAME.rate }, (_, index) => {
          const swell = depth * Math.cos((2 * Math.PI * hertz * index) / FRAME.rate);
          return random.normal() * (1 + swell);
        });
        const { verdict, reason } = decisionOn(samples, geometry);
        expect(verdict, `${geometry.designation}, ${depth}: ${reason}`).toBe("cannot-tell");
      }
    });
  });

  test("a shock at each turn of another shaft is not this bearing's, and where it is said", () => {
    const samples = INNOCENT_SOUNDS["white noise"]!(FRAME, new SeededRandom(10));
    for (let at = 0; at < FRAME.seconds; at += 1 / (2.93 * FRAME.shaftHz)) {
      addShock(samples, FRAME.rate, at, 12, 4_000);
    }
    const { verdict, reason } = decisionOn(samples, FAULT.geometry);
    expect(verdict, reason).toBe("cannot-tell");
  });
});

describe("without what it needs it says so", () => {
  test("no samples, no speed, too few samples", () => {
    const detector = detectorFor(FAULT.geometry);
    expect(detector.decide()).toMatchObject({ verdict: "cannot-tell", seconds: 0, candidates: [] });
    const samples = new Float32Array(100_000).fill(1);
    for (const speed of [0, Number.NaN, Number.POSITIVE_INFINITY, -3]) {
      detector.add(samples, samples.length, speed);
    }
    expect(detector.decide().reason).toMatch(/no samples at a known speed/);
    detector.add(samples, 1_000, FRAME.shaftHz);
    expect(detector.decide().reason).toMatch(/too short: at this speed 0\.64 s/);
  });

  test("a constant, a missing number and a changing speed are not listened to", () => {
    const constant = detectorFor(FAULT.geometry);
    constant.add(new Float32Array(100_000).fill(1), 100_000, FRAME.shaftHz);
    expect(constant.decide().reason).toMatch(/the speed steady and the signal alive/);

    const random = new SeededRandom(11);
    const broken = detectorFor(FAULT.geometry);
    const samples = INNOCENT_SOUNDS["white noise"]!(FRAME, random).fill(Number.NaN, 50_000, 50_001);
    broken.add(samples, samples.length, FRAME.shaftHz);
    expect(Number.isFinite(broken.decide().candidates[0]!.scoreDb)).toBe(true);

    const runUp = detectorFor(FAULT.geometry);
    for (let window = 0; window < 20; window++) {
      runUp.add(samples, 5_000, 10 * 1.05 ** window);
    }
    expect(runUp.decide()).toMatchObject({ verdict: "cannot-tell", candidates: [] });
  });

  test("a rest in between starts a block anew, and reset forgets", () => {
    const samples = INNOCENT_SOUNDS["white noise"]!(FRAME, new SeededRandom(12));
    const detector = detectorFor(FAULT.geometry);
    for (let start = 0; start + 10_000 <= samples.length; start += 10_000) {
      detector.add(samples.subarray(start), 10_000, FRAME.shaftHz);
      detector.add(samples, 100, 0);
    }
    expect(detector.decide().reason).toMatch(/too short/);
    detector.add(samples, samples.length, FRAME.shaftHz);
    expect(detector.decide().seconds).toBeGreaterThan(3);
    detector.reset();
    expect(detector.decide()).toMatchObject({ verdict: "cannot-tell", seconds: 0 });
  });

  test("a rate so low that its lines lie above half of it finds nothing", () => {
    const frame = { ...FRAME, rate: 200, seconds: 60 };
    const samples = INNOCENT_SOUNDS["white noise"]!(frame, new SeededRandom(13));
    expect(["cannot-tell", "none"]).toContain(decisionOn(samples, FAULT.geometry, frame).verdict);
  });
});
