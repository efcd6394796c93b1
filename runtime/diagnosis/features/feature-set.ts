// Which features a waveform has, and their computing: the one door between a window of samples and
// everything that is said, learned or limited about it.

import assert from "node:assert/strict";
import { computeFeatures, FEATURES, type FeatureOutcome } from "../../dsp/features.ts";
import type { Circumstances, DiagnosisChannel, Quantity } from "../channel.ts";
import { bearingPart } from "./bearing-lines.ts";
import { currentPart } from "./current.ts";
import {
  type FeaturePart,
  type FeaturePartKind,
  type FeatureWords,
  SCATTERING_SHARE,
  STEADY_SHARE,
} from "./feature-part.ts";
import { proximityPart } from "./proximity.ts";
import { vibrationPart } from "./vibration.ts";

/** A shorter window has no spectrum worth the name, and only the first four features. */
const SPECTRUM_SAMPLES_MIN = 64;

/**
 * Bearings and gears of one waveform that get features of their own. One sensor hears the parts of
 * a shaft or two; each more makes signals that nobody looks at.
 */
const PARTS_HEARD_MAX = 8;

export interface FeatureSet {
  /** The first four are always Rms, Peak, CrestFactor and Kurtosis. */
  readonly features: readonly FeatureWords[];
  /**
   * Computes the features of the first `count` samples, at most the channel's window, into `into`
   * in the order of `features`. NaN where one cannot be said: a window too short, a speed that
   * nobody knows, a unit that is none of the quantity. Of a window that is not full only the first
   * four are said. Nothing is written unless the outcome is
   * `whole`. `powers` are those that the validity gate made of the whole window, if it did: they
   * spare a transform. No allocation.
   */
  compute(
    samples: Float32Array,
    count: number,
    circumstances: Circumstances,
    into: Float64Array,
    powers?: Float64Array | null,
  ): FeatureOutcome;
}

const PARTS_OF_QUANTITY: Readonly<Record<Quantity, readonly FeaturePartKind[]>> = {
  acceleration: [vibrationPart, bearingPart],
  velocity: [vibrationPart],
  displacement: [proximityPart],
  current: [currentPart],
  other: [],
};

/** What the features are called, for whoever declares signals and computes nothing. */
export function featureWordsOf(channel: DiagnosisChannel): readonly FeatureWords[] {
  const parts = PARTS_OF_QUANTITY[channel.quantity];
  return [...generalWords(channel), ...parts.flatMap((kind) => kind.wordsFor(channel))];
}

/** Makes what computes the features; its memory is allotted here and never again. */
export function featureSetOf(channel: DiagnosisChannel): FeatureSet {
  assert(channel.bearings.length <= PARTS_HEARD_MAX, "too many bearings for one waveform");
  assert(channel.gears.length <= PARTS_HEARD_MAX, "too many gears for one waveform");
  const features = featureWordsOf(channel);
  const hasSpectrum = channel.windowSamples >= SPECTRUM_SAMPLES_MIN;
  const kinds = hasSpectrum ? PARTS_OF_QUANTITY[channel.quantity] : [];
  const parts = kinds.map((kind) => kind.make(channel));
  return {
    features,
    compute(samples, count, circumstances, into, powers = null) {
      assert(count <= channel.windowSamples, "more samples than a window of the channel");
      const outcome = computeFeatures(samples, count, into);
      if (outcome !== "whole") return outcome;
      into.fill(Number.NaN, FEATURES.length, features.length);
      if (count === channel.windowSamples) {
        computeParts(parts, samples, circumstances, into, powers);
      }
      return outcome;
    },
  };
}

function computeParts(
  parts: readonly FeaturePart[],
  samples: Float32Array,
  circumstances: Circumstances,
  into: Float64Array,
  powers: Float64Array | null,
): void {
  let first: number = FEATURES.length;
  for (const part of parts) {
    part.compute(samples, circumstances, into, first, powers);
    first += part.features.length;
  }
  // What overflows where the samples are near the largest float is no measurement.
  for (let index = FEATURES.length; index < first; index++) {
    if (!Number.isFinite(into[index]!)) into[index] = Number.NaN;
  }
}

/** Extreme samples decide the last three, so these scatter more. */
function generalWords({ unit }: DiagnosisChannel): readonly FeatureWords[] {
  return [
    { suffix: "Rms", words: "RMS", unit, deadbandShare: STEADY_SHARE },
    { suffix: "Peak", words: "peak", unit, deadbandShare: SCATTERING_SHARE },
    { suffix: "CrestFactor", words: "crest factor", unit: "1", deadbandShare: SCATTERING_SHARE },
    { suffix: "Kurtosis", words: "kurtosis", unit: "1", deadbandShare: SCATTERING_SHARE },
  ];
}
