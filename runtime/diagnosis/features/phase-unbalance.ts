// How unequal the currents of three phases are, as the ratio of the system that turns backward to
// the one that turns forward (C. L. Fortescue, Trans. AIEE 37 (1918) 1027–1140).

import { magnitude, type Phasor } from "./phasor.ts";

/**
 * Negative over positive sequence from three RMS values alone, which is possible where the three
 * add up to nothing (no neutral conductor): β = ΣI⁴ ÷ (ΣI²)², ratio = √((1 − √(3 − 6β)) ÷ (1 + √(3
 * − 6β))), as IEC 61000-4-30 has it for voltages. NaN where no three such currents add up to
 * nothing, and where none flows.
 */
export function negativeSequenceRatio(a: number, b: number, c: number): number {
  const squares = a * a + b * b + c * c;
  const fourths = a ** 4 + b ** 4 + c ** 4;
  if (!(squares > 0)) return Number.NaN;
  // Rounding may leave equal currents a little beyond the perfect 1 ÷ 3.
  const root = Math.sqrt(Math.min(1, 3 - (6 * fourths) / (squares * squares)));
  return Math.sqrt((1 - root) / (1 + root));
}

/** The same from the pointers of the three phases, whatever the neutral carries. */
export function negativeSequenceRatioOf(a: Phasor, b: Phasor, c: Phasor): number {
  const positive = sequence(a, b, c, 1);
  const negative = sequence(a, b, c, -1);
  return positive > 0 ? negative / positive : Number.NaN;
}

/** |A + α^k·B + α^2k·C| ÷ 3, α a third of a turn; k = 1 is the positive sequence. */
function sequence(a: Phasor, b: Phasor, c: Phasor, direction: 1 | -1): number {
  const cos = -0.5;
  const sin = (direction * Math.sqrt(3)) / 2;
  const re = a.re + cos * b.re - sin * b.im + cos * c.re + sin * c.im;
  const im = a.im + sin * b.re + cos * b.im - sin * c.re + cos * c.im;
  return magnitude({ re, im }) / 3;
}
