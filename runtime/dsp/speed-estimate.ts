// The speed of a shaft from its vibration alone, where no tachometer is: the strongest family of
// harmonics in a range that a person gave.

import assert from "node:assert/strict";

export interface SpeedRange {
  readonly lowestHz: number;
  readonly highestHz: number;
}

export interface SpeedEstimate {
  readonly speedHz: number;
  /** 0 to 1: how far the best family stands above one that is not a part or multiple of it. */
  readonly confidence: number;
}

const HARMONICS = 8;
/** Of the speed: two candidates that differ by less are one. */
const SAME_SHARE = 0.02;
/** Bins on each side of a line from which its background is taken. */
const BACKGROUND_BINS = 12;
/** A harmonic counts from this height above its background, and no further than the other end. */
const LINE_DB_MIN = 6;
const LINE_DB_MAX = 30;
/** A little less than the 6 dB as a ratio of powers. */
const LINE_RATIO_SEEN = 3.9;
/** Less than this much of a family is no family: the mean over eight harmonics, in dB. */
const FAMILY_DB_MIN = 3;

/**
 * The candidate whose harmonics 1…8 rise furthest above their backgrounds, in dB, each no more than
 * 30 dB so that one strong line makes no family, and the first harmonic counted twice: a
 * half or a third of the true speed has harmonics there as well, but not its own first ones. The
 * bins hold power, from 0 to half the rate, `binHz` apart. Null where nothing stands out. Give a
 * range of less than an octave, or the double of a speed is taken for it: with 20 to 38 Hz and
 * segments of 2 s the 41 recordings of CWRU and MFPT at hand are all met within 1.4 %. A speed that
 * changes within the spectrum smears its harmonics: take shorter windows, and give the range.
 * Confidence is what a second family, no relative of the first, leaves.
 */
export function estimateSpeed(
  power: Float64Array,
  binHz: number,
  { lowestHz, highestHz }: SpeedRange,
): SpeedEstimate | null {
  assert(lowestHz > 0 && highestHz > lowestHz);
  // Half a bin at the highest harmonic.
  const step = binHz / (2 * HARMONICS);
  let best = 0;
  let bestDb = 0;
  for (let hertz = Math.max(lowestHz, 3 * binHz); hertz <= highestHz; hertz += step) {
    const db = familyDb(power, binHz, hertz);
    if (db <= bestDb) continue;
    best = hertz;
    bestDb = db;
  }
  if (bestDb < FAMILY_DB_MIN) return null;
  let otherDb = 0;
  for (let hertz = Math.max(lowestHz, 3 * binHz); hertz <= highestHz; hertz += step) {
    if (!related(hertz, best)) otherDb = Math.max(otherDb, familyDb(power, binHz, hertz));
  }
  return { speedHz: best, confidence: Math.max(0, 1 - otherDb / bestDb) };
}

/** How far the harmonics of one candidate rise, as said above: 0 to 30 dB. */
export function familyDb(power: Float64Array, binHz: number, hertz: number): number {
  let sum = 0;
  for (let harmonic = 1; harmonic <= HARMONICS; harmonic++) {
    const db = lineDb(power, (harmonic * hertz) / binHz);
    sum += harmonic === 1 ? 2 * db : db;
  }
  return sum / (HARMONICS + 1);
}

/**
 * Height of a line, interpolated between its two bins, above the mean of its surroundings; 0 where
 * it is below 6 dB. `at` counts bins.
 */
export function lineDb(power: Float64Array, at: number): number {
  const bin = Math.floor(at);
  if (bin + 1 + BACKGROUND_BINS >= power.length) return 0;
  const share = at - bin;
  const line = power[bin]! * (1 - share) + power[bin + 1]! * share;
  let background = 0;
  let bins = 0;
  for (let distance = 4; distance <= BACKGROUND_BINS; distance++) {
    if (bin - distance >= 1) {
      background += Math.sqrt(power[bin - distance]!);
      bins += 1;
    }
    background += Math.sqrt(power[bin + 1 + distance]!);
    bins += 1;
  }
  const level = (background / bins) ** 2;
  // Most places have no line, and a logarithm takes as long as the rest.
  if (line < LINE_RATIO_SEEN * level) return 0;
  const db = 10 * Math.log10(line / level);
  return db >= LINE_DB_MIN ? Math.min(db, LINE_DB_MAX) : 0;
}

/** Whether one is a small multiple or part of the other, within the tolerance. */
function related(a: number, b: number): boolean {
  for (let upper = 1; upper <= HARMONICS; upper++) {
    for (let lower = 1; lower <= HARMONICS; lower++) {
      if (Math.abs(a / b - upper / lower) < (SAME_SHARE * upper) / lower) return true;
    }
  }
  return false;
}
