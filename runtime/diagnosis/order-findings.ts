// Findings that stand on how the vibration is spread over the orders of the shaft. Orders alone are
// no fault: every machine has some 1×. So each needs a level above zone A as its ground, claims
// little, and of several explanations only the most specific is given.

import type { DiagnosisChannel } from "./channel.ts";
import type { Conclusion } from "./conclusion.ts";
import { capitalised } from "./features/feature-part.ts";
import type { FeatureEvidence } from "./finding.ts";
import type { Claim, FeatureBySuffix } from "./findings-of.ts";

/**
 * The shares and ratios below are rules of the trade, recalled and not read in a standard
 * (unverified); they were tuned on no recording. Shares are of the mean square of the broad-band
 * velocity.
 */
const UNBALANCE_SHARE = 0.7;
/** Above it a dominant 1× is not the whole story. */
const UNBALANCE_SECOND_MAX = 0.3;
const MISALIGNMENT_SHARE = 0.4;
/** 2× at least as large as 1×. */
const MISALIGNMENT_RATIO = 1;
/** ½× and 3×, both at least such a part of 1×. */
const LOOSENESS_HALF_RATIO = 0.25;
const LOOSENESS_THIRD_RATIO = 0.5;
/** In noise every order is as strong as its neighbours: together they must be most of it. */
const LOOSENESS_SHARE = 0.5;
/** Sidebands beside their mesh, both sides together: at least half its energy. */
const SIDEBANDS_DB = -3;

/** A bent shaft, a resonance or a foundation look like unbalance: an order never proves. */
const ORDER_CONFIDENCE = { B: 0.4, C: 0.55, D: 0.6 } as const;
const GEAR_CONFIDENCE = 0.4;

export function orderFindings(
  { zone, validity }: Conclusion,
  { gears, severity }: DiagnosisChannel,
  feature: FeatureBySuffix,
): readonly Claim[] {
  if (zone === null || zone === "A" || severity?.measure !== "velocityRms") return [];
  if (validity.problems.some(({ forbids }) => forbids === "orders")) return [];
  const confidence = ORDER_CONFIDENCE[zone];
  const claims: Claim[] = [];
  const shaft = shaftClaim(feature);
  if (shaft !== null) claims.push({ ...shaft, part: null, confidence });
  // The velocity's limits say little about gears, whose lines lie above them: only where it is bad.
  for (const { name } of zone === "B" ? [] : gears) {
    const sidebands = feature(`${capitalised(name)}Sidebands`);
    const mesh = feature(`${capitalised(name)}Mesh`);
    if (sidebands === null || mesh === null || sidebands.value < SIDEBANDS_DB) continue;
    const features = [{ ...sidebands, limit: SIDEBANDS_DB }, mesh];
    claims.push({ fault: "gear-mesh", part: name, confidence: GEAR_CONFIDENCE, features });
  }
  return claims;
}

function shaftClaim(feature: FeatureBySuffix): Pick<Claim, "fault" | "features"> | null {
  const broad = feature("VelocityRms");
  const half = feature("HalfOrder");
  const [one, two, three] = [feature("Order1"), feature("Order2"), feature("Order3")];
  if (broad === null || one === null || two === null) return null;
  const shareOf = ({ value }: FeatureEvidence) => (value / broad.value) ** 2;
  const from = (...limited: readonly FeatureEvidence[]) => [...limited, broad];
  if (half !== null && three !== null) {
    const halfLimit = LOOSENESS_HALF_RATIO * one.value;
    const thirdLimit = LOOSENESS_THIRD_RATIO * one.value;
    const share = [half, one, two, three].reduce((sum, order) => sum + shareOf(order), 0);
    if (share >= LOOSENESS_SHARE && half.value >= halfLimit && three.value >= thirdLimit) {
      const features = from({ ...half, limit: halfLimit }, { ...three, limit: thirdLimit }, one);
      return { fault: "looseness", features };
    }
  }
  if (shareOf(two) >= MISALIGNMENT_SHARE && two.value >= MISALIGNMENT_RATIO * one.value) {
    const limit = Math.sqrt(MISALIGNMENT_SHARE) * broad.value;
    return { fault: "misalignment", features: from({ ...two, limit }, one) };
  }
  if (shareOf(one) >= UNBALANCE_SHARE && two.value <= UNBALANCE_SECOND_MAX * one.value) {
    const limit = Math.sqrt(UNBALANCE_SHARE) * broad.value;
    return { fault: "unbalance", features: from({ ...one, limit }, two) };
  }
  return null;
}
