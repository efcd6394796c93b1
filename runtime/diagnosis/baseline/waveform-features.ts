// Which features of a waveform are held against a learned baseline, and the least spread that is
// believed of each.

import type { BaselineFeature } from "./answer.ts";

/**
 * The four features that every waveform has, in their order (see `runtime/dsp/features.ts`).
 *
 * Three spreads are the least that is alarmed on. Of 7 % they are about a fifth of the level: ISO
 * 20816-1 calls a change significant from a quarter of the B/C boundary on (recalled, unverified).
 * Peak, crest factor and kurtosis stand on a few samples of each window and scatter more.
 *
 * Velocity and band energies are left out on purpose: in healthy early lives they moved by 60 to
 * 80 % while these four stood still (FEMTO 1_1, 2_6). Velocity has limits of its own.
 */
export const WAVEFORM_FEATURES: readonly BaselineFeature[] = [
  { name: "rms", unit: "1", scale: "log", departs: "up", spreadLeast: 0.07 },
  { name: "peak", unit: "1", scale: "log", departs: "up", spreadLeast: 0.15 },
  { name: "crestFactor", unit: "1", scale: "log", departs: "up", spreadLeast: 0.15 },
  { name: "kurtosis", unit: "1", scale: "log", departs: "up", spreadLeast: 0.15 },
];
