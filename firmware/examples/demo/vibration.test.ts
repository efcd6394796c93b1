import { describe, expect, test } from "vitest";
import { Compressor } from "./compressor.ts";
import { SeededRandom } from "./seeded-random.ts";
import {
  makeLevels,
  modelFeatures,
  OUTER_RACE_PASSES_PER_TURN,
  setLevels,
  type WaveformFeatures,
} from "./vibration.ts";

const RATE_HZ = 25_600;

function featuresOf(samples: Float32Array): WaveformFeatures {
  let mean = 0;
  for (const sample of samples) mean += sample / samples.length;
  let second = 0;
  let fourth = 0;
  let peak = 0;
  for (const sample of samples) {
    const deviation = sample - mean;
    second += deviation ** 2 / samples.length;
    fourth += deviation ** 4 / samples.length;
    peak = Math.max(peak, Math.abs(sample));
  }
  const rms = Math.sqrt(second);
  return { rms, peak, crestFactor: peak / rms, kurtosis: fourth / second ** 2 };
}

/** One second of the waveform of a machine that has been in its state for a while. */
function settled(compressor: Compressor, secondsMax: number, loaded: boolean): Float32Array {
  let sameSeconds = 0;
  for (let second = 0; second < secondsMax && sameSeconds < 15; second++) {
    compressor.step(1_000);
    const { phase } = compressor.state;
    sameSeconds = phase === "running" && compressor.state.loaded === loaded ? sameSeconds + 1 : 0;
  }
  expect(sameSeconds).toBe(15);
  const samples = new Float32Array(RATE_HZ);
  compressor.accelerationBlock(samples, RATE_HZ);
  return samples;
}

describe("the waveform", () => {
  test("of a standing machine is electrical noise", () => {
    const compressor = new Compressor({ seed: 1 });
    const samples = new Float32Array(RATE_HZ);
    compressor.accelerationBlock(samples, RATE_HZ);
    const { rms, kurtosis } = featuresOf(samples);
    expect(rms).toBeLessThan(0.004);
    expect(kurtosis).toBeGreaterThan(2.5);
    expect(kurtosis).toBeLessThan(3.8);
  });

  test("of a sound bearing has the kurtosis of noise, and a load is louder than idling", () => {
    const compressor = new Compressor({ seed: 1 });
    const loaded = featuresOf(settled(compressor, 300, true));
    const idle = featuresOf(settled(compressor, 300, false));
    for (const { kurtosis } of [loaded, idle]) {
      expect(kurtosis).toBeGreaterThan(2.5);
      expect(kurtosis).toBeLessThan(3.8);
    }
    expect(loaded.rms).toBeGreaterThan(1.5 * idle.rms);
  });

  test("of a failing bearing rises above kurtosis 8 within minutes, crest factor too", () => {
    const compressor = new Compressor({ seed: 1, onsetMs: 60_000 });
    const sound = featuresOf(settled(compressor, 60, true));
    for (let second = 0; second < 300; second++) compressor.step(1_000);
    for (const loaded of [true, false]) {
      const failing = featuresOf(settled(compressor, 300, loaded));
      expect(failing.kurtosis).toBeGreaterThan(8);
      expect(failing.crestFactor).toBeGreaterThan(1.4 * sound.crestFactor);
      expect(failing.peak).toBeLessThan(32);
    }
  });

  test("strikes as often as balls pass the outer race", () => {
    expect(OUTER_RACE_PASSES_PER_TURN * 49.5).toBeCloseTo(151.7, 1);
    const compressor = new Compressor({ seed: 1, onsetMs: 0 });
    for (let second = 0; second < 400; second++) compressor.step(1_000);
    const samples = settled(compressor, 300, true);
    // After a blow the ringing is forgotten well within 4 ms, and the next blow is 6.6 ms away.
    let blows = 0;
    for (let index = 0; index < samples.length; index++) {
      if (Math.abs(samples[index]!) < 2.2) continue;
      blows++;
      index += Math.round(0.004 * RATE_HZ);
    }
    expect(blows).toBeGreaterThan(148);
    expect(blows).toBeLessThan(155);
  });

  test("is the same for the same seed", () => {
    const both = [1, 1].map((seed) => settled(new Compressor({ seed }), 300, true));
    expect(both[0]).toEqual(both[1]);
  });
});

describe("modelled features", () => {
  const cases = [
    { name: "loaded and sound", onsetMs: Number.POSITIVE_INFINITY, loaded: true },
    { name: "idle and sound", onsetMs: Number.POSITIVE_INFINITY, loaded: false },
    { name: "loaded and worn", onsetMs: 0, loaded: true },
    { name: "idle and worn", onsetMs: 0, loaded: false },
  ] as const;
  test.each(cases)("agree with the synthesised waveform: $name", ({ onsetMs, loaded }) => {
    const compressor = new Compressor({ seed: 9, onsetMs });
    for (let second = 0; second < 240; second++) compressor.step(1_000);
    const synthesised = featuresOf(settled(compressor, 300, loaded));
    const levels = makeLevels();
    setLevels(levels, compressor.state);
    const modelled: WaveformFeatures = { rms: 0, peak: 0, crestFactor: 0, kurtosis: 0 };
    modelFeatures(modelled, levels, compressor.state.shaftHz, new SeededRandom(1));
    expect(modelled.rms / synthesised.rms).toBeCloseTo(1, 1);
    expect(Math.abs(modelled.kurtosis / synthesised.kurtosis - 1)).toBeLessThan(0.12);
    expect(Math.abs(modelled.crestFactor / synthesised.crestFactor - 1)).toBeLessThan(0.25);
  });
});
