// Broken rotor bars show as sidebands (1 ± 2s)·f of the current, so close to its fundamental that a
// short window cannot tell them apart: whether one may speak of them at all, and if not, why.
// Source of the formula: W. T. Thomson & M. Fenger, IEEE Ind. Appl. Mag. 7 (2001) 26–34.

/** A motor of more slip than this is stalled, or its speed or pole pairs are told wrong. */
const SLIP_MAX = 0.15;
/** How far the slip may be off: it is a small difference of two measured frequencies. */
export const SLIP_TOLERANCE = 0.25;
/**
 * Resolutions from the fundamental at which a sideband is another line: the half widths of both
 * under a Blackman-Harris window.
 */
const RESOLUTIONS_APART = 8;

export interface BarCircumstances {
  /** Frequency of the current. */
  readonly supplyHz: number;
  readonly speedHz: number | null;
  readonly polePairs: number | null;
  /** Length of the window. */
  readonly seconds: number;
}

export type BarAnswer =
  | { readonly canSay: true; readonly lowerHz: number; readonly upperHz: number }
  | {
      readonly canSay: false;
      readonly why: "pole-pairs-unknown" | "speed-unknown" | "slip-implausible";
    }
  | { readonly canSay: false; readonly why: "window-too-short"; readonly secondsNeeded: number };

/** Slip s = 1 − p·n ÷ f. NaN where it is none of a motor under load. */
export function barSlip(supplyHz: number, speedHz: number, polePairs: number): number {
  const slip = 1 - (polePairs * speedHz) / supplyHz;
  return speedHz > 0 && slip > 0 && slip <= SLIP_MAX ? slip : Number.NaN;
}

/** Seconds of current that tell the sidebands from the fundamental, at this slip. */
export function barWindowSecondsMin(supplyHz: number, slip: number): number {
  return RESOLUTIONS_APART / (2 * slip * supplyHz * (1 - SLIP_TOLERANCE));
}

/** Whether this window can say anything about rotor bars. */
export function canSayBars(circumstances: BarCircumstances): BarAnswer {
  const { supplyHz, speedHz, polePairs, seconds } = circumstances;
  if (polePairs === null) return { canSay: false, why: "pole-pairs-unknown" };
  if (speedHz === null) return { canSay: false, why: "speed-unknown" };
  const slip = barSlip(supplyHz, speedHz, polePairs);
  if (Number.isNaN(slip)) return { canSay: false, why: "slip-implausible" };
  const secondsNeeded = barWindowSecondsMin(supplyHz, slip);
  if (seconds < secondsNeeded) return { canSay: false, why: "window-too-short", secondsNeeded };
  const distanceHz = 2 * slip * supplyHz;
  return { canSay: true, lowerHz: supplyHz - distanceHz, upperHz: supplyHz + distanceHz };
}
