// What the files of this folder share about arrays of samples: their type, a sum that keeps its
// digits, and how a window of any length is put into a transform whose size is a power of two.

import assert from "node:assert/strict";
import { FFT_SIZE_MAX, FFT_SIZE_MIN } from "./fft.ts";

/** Samples at a fixed rate. Inside this folder all arithmetic is in double precision. */
export type Samples = Float32Array | Float64Array;

/** From a lower to an upper frequency, both in Hz. */
export interface Band {
  readonly lowHz: number;
  readonly highHz: number;
}

/**
 * The ring of a transform is at least this much longer than its window, so that the first and the
 * last sample never become neighbours.
 */
const RING_GAP_MIN = 64;

/** The longest window that a ring takes. */
const RING_SAMPLES_MAX = FFT_SIZE_MAX - RING_GAP_MIN;

/** The least size of a transform that holds `count` samples. */
export function transformSizeOf(count: number): number {
  assert(count >= 1 && count <= FFT_SIZE_MAX, "a transform holds at most FFT_SIZE_MAX samples");
  return Math.max(FFT_SIZE_MIN, 2 ** Math.ceil(Math.log2(count)));
}

/** The least size of a transform whose ring can be closed behind `count` samples. */
export function ringSizeOf(count: number): number {
  assert(count <= RING_SAMPLES_MAX, "a ring holds at most RING_SAMPLES_MAX samples");
  return transformSizeOf(count + RING_GAP_MIN);
}

export function meanOf(samples: Samples, count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index++) sum += samples[index]!;
  return sum / count;
}

/**
 * Writes the first `count` samples without their mean into `ring`, and closes the ring behind them:
 * the gap is filled with the mirrored end and the mirrored beginning, faded into each other with
 * weights whose squares sum to one. So what lies in the gap is as strong as the signal, has its
 * spectrum, and joins on at both ends: neither a step nor silence disturbs what a transform of
 * the whole ring says about the window. With the `ringFades` of this gap the weights are not
 * computed each time. No allocation.
 */
export function writeRing(
  samples: Samples,
  count: number,
  ring: Float64Array,
  fades: Float64Array | null = null,
): void {
  assert(count >= 2 && count + RING_GAP_MIN <= ring.length, "the ring is too short for the window");
  const mean = meanOf(samples, count);
  for (let index = 0; index < count; index++) ring[index] = samples[index]! - mean;
  const gap = ring.length - count;
  assert(fades === null || fades.length === 2 * gap, "the weights are those of another gap");
  for (let index = 0; index < gap; index++) {
    const ending = ring[mirrored(count + index, count)]!;
    const beginning = ring[mirrored(gap - index, count)]!;
    const fadeOut = fades === null ? Math.cos(fadeAngle(index, gap)) : fades[2 * index]!;
    const fadeIn = fades === null ? Math.sin(fadeAngle(index, gap)) : fades[2 * index + 1]!;
    ring[count + index] = fadeOut * ending + fadeIn * beginning;
  }
}

/** The weights of the end and of the beginning for each sample of a gap, one after the other. */
export function ringFades(gap: number): Float64Array {
  const fades = new Float64Array(2 * gap);
  for (let index = 0; index < gap; index++) {
    fades[2 * index] = Math.cos(fadeAngle(index, gap));
    fades[2 * index + 1] = Math.sin(fadeAngle(index, gap));
  }
  return fades;
}

function fadeAngle(index: number, gap: number): number {
  return (Math.PI / 2) * ((index + 1) / (gap + 1));
}

/** Folds any index ≥ 0 into 0…count − 1, as between two mirrors on the outermost samples. */
function mirrored(index: number, count: number): number {
  if (index < count) return index;
  const period = 2 * (count - 1);
  // Most gaps are shorter than their window, and a division for each of their samples takes long.
  const folded = index < period ? index : index % period;
  return folded < count ? folded : period - folded;
}
