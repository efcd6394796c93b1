// In which units a quantity may be sampled, and what turns one into the unit in which features of
// that quantity are said: mm/s², mm/s, um, A.

import { QUANTITIES, type Quantity } from "../channel.ts";

/** By definition: 9.80665 m/s² (ISO 80000-3). */
const MILLIMETRES_PER_SECOND_SQUARED_PER_G = 9_806.65;

const TO_FEATURE_UNIT: Readonly<Record<Quantity, Readonly<Record<string, number>>>> = {
  acceleration: { "[g]": MILLIMETRES_PER_SECOND_SQUARED_PER_G, "m/s2": 1_000 },
  velocity: { "mm/s": 1, "m/s": 1_000 },
  displacement: { um: 1, mm: 1_000, cm: 10_000, m: 1_000_000 },
  current: { A: 1, mA: 0.001 },
  other: {},
};

/** The UCUM codes in which a waveform of this quantity may come; empty where any will do. */
export function unitsOf(quantity: Quantity): readonly string[] {
  return Object.keys(TO_FEATURE_UNIT[quantity]);
}

/** What a unit says is measured; `other` where it says nothing that features are made of. */
export function quantityOfUnit(unit: string): Quantity {
  return QUANTITIES.find((quantity) => Object.hasOwn(TO_FEATURE_UNIT[quantity], unit)) ?? "other";
}

/**
 * From the unit of the samples to mm/s², mm/s, um or A. NaN for a unit that is none of the
 * quantity: every feature that needs it is then NaN as well, and never a figure in a wrong unit.
 */
export function toFeatureUnit(quantity: Quantity, unit: string): number {
  const factors = TO_FEATURE_UNIT[quantity];
  return Object.hasOwn(factors, unit) ? factors[unit]! : Number.NaN;
}
