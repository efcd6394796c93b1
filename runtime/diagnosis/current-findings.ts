// Findings from the current of a motor: broken bars of its rotor. The sidebands are told only where
// the window resolves them (features/broken-bars.ts); a load that swings with the slip makes the
// same ones, so they never prove.

import type { DiagnosisChannel } from "./channel.ts";
import type { Claim, FeatureBySuffix } from "./findings-of.ts";

/**
 * Rules of the trade for the stronger sideband, recalled and not read in a source (unverified), and
 * tuned on no recording: from −42 dB a bar or two are thought to be broken, from −36 dB several.
 */
const SIDEBANDS_DB = -42;
const SIDEBANDS_SEVERE_DB = -36;
const CONFIDENCE = 0.4;
const CONFIDENCE_SEVERE = 0.55;

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
