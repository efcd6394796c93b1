// What the tests of features share: a channel with defaults, signals that are known analytically,
// and features by their suffix.

import { expect } from "vitest";
import { type Circumstances, type DiagnosisChannel, plainChannel } from "../channel.ts";
import { featureSetOf } from "./feature-set.ts";

export function channelOf(given: Partial<DiagnosisChannel> = {}): DiagnosisChannel {
  const rate = given.rate ?? 25_600;
  const plain = plainChannel({ name: "bearing", unit: "[g]", rate, windowSamples: rate });
  return { ...plain, quantity: "acceleration", ...given };
}

export function at(speedHz: number | null): Circumstances {
  return { speedHz, load: null, operatingState: "WORKING" };
}

/** A sum of sines: [amplitude, hertz, phase in radians]. */
export type Line = readonly [amplitude: number, hz: number, phase?: number];

export function waveOf(
  channel: DiagnosisChannel,
  lines: readonly Line[],
  added: (index: number) => number = () => 0,
): Float32Array {
  return Float32Array.from({ length: channel.windowSamples }, (_, index) => {
    const seconds = index / channel.rate;
    const sum = lines.reduce(
      (total, [amplitude, hz, phase = 0]) =>
        total + amplitude * Math.sin(2 * Math.PI * hz * seconds + phase),
      0,
    );
    return sum + added(index);
  });
}

/** The features of one window, by suffix. */
export function featuresOf(
  channel: DiagnosisChannel,
  samples: Float32Array,
  circumstances: Circumstances = at(null),
): Readonly<Record<string, number>> {
  const set = featureSetOf(channel);
  const values = new Float64Array(set.features.length);
  expect(set.compute(samples, samples.length, circumstances, values)).toBe("whole");
  return Object.fromEntries(set.features.map(({ suffix }, index) => [suffix, values[index]!]));
}
