// Findings from the current of a motor: broken bars of its rotor. The sidebands are told only where
// the window resolves them (features/broken-bars.ts); a load that swings with the slip makes the
// same ones, so they never prove.

import type { Circumstances, DiagnosisChannel } from "./channel.ts";
import { canSayBars } from "./features/broken-bars.ts";
import { featureWordsOf } from "./features/feature-set.ts";
import { SEGMENT_SAMPLES_MAX } from "./features/line-spectrum.ts";
import type { Claim, FeatureBySuffix } from "./findings-of.ts";

/**
 * Rules of the trade for the stronger sideband, recalled and not read in a source (unverified), and
 * tuned on no recording: from −42 dB a bar or two are thought to be broken, from −36 dB several.
 */
const SIDEBANDS_DB = -42;
const SIDEBANDS_SEVERE_DB = -36;
const CONFIDENCE = 0.4;
const CONFIDENCE_SEVERE = 0.55;

const FREQUENCY_SUFFIX = "FundamentalFrequency";

const BAR_REASONS = {
  "pole-pairs-unknown": "the pole pairs of the motor are unknown",
  "speed-unknown": "the speed is unknown",
  "slip-implausible": "speed, supply and pole pairs make no slip that a motor under load has",
} as const;

export function currentFindings(
  { quantity }: DiagnosisChannel,
  feature: FeatureBySuffix,
): readonly Claim[] {
  const sidebands = quantity === "current" ? feature("BarSidebands") : null;
  if (sidebands === null || sidebands.value < SIDEBANDS_DB) return [];
  const confidence = sidebands.value < SIDEBANDS_SEVERE_DB ? CONFIDENCE : CONFIDENCE_SEVERE;
  const fundamental = feature("FundamentalRms");
  const features = [{ ...sidebands, limit: SIDEBANDS_DB }, ...(fundamental ? [fundamental] : [])];
  return [{ fault: "broken-rotor-bar", part: null, confidence, features }];
}

/**
 * Why nothing is said of a motor's rotor bars, in a sentence; null where something is, and where
 * nobody asked: who gives pole pairs does.
 * @param features the means, in the order of the channel's feature set.
 */
export function silenceOnBars(
  channel: DiagnosisChannel,
  features: Float64Array,
  { speedHz }: Circumstances,
): string | null {
  const { quantity, polePairs, windowSamples, rate } = channel;
  if (quantity !== "current" || polePairs === null) return null;
  const index = featureWordsOf(channel).findIndex(({ suffix }) => suffix === FREQUENCY_SUFFIX);
  const supplyHz = features[index]!;
  if (!Number.isFinite(supplyHz)) return "Rotor bars cannot be judged: no current was found.";
  const seconds = Math.min(windowSamples, SEGMENT_SAMPLES_MAX) / rate;
  const bars = canSayBars({ supplyHz, speedHz, polePairs, seconds });
  if (bars.canSay) return null;
  const reason =
    bars.why === "window-too-short"
      ? `at this slip they need windows of ${bars.secondsNeeded.toFixed(1)} s`
      : BAR_REASONS[bars.why];
  return `Rotor bars cannot be judged: ${reason}.`;
}
