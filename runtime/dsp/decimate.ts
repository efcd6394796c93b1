// Fewer samples per second without folding what is too fast for them into what is left.

import assert from "node:assert/strict";
import type { Samples } from "./samples.ts";

/** Beyond it, decimate in two steps: the filter would be longer than the work it saves. */
export const DECIMATION_MAX = 64;

export interface DecimationFilter {
  /** Below this share of the new half rate everything passes; from the new half rate on nothing. */
  readonly passShare: number;
  /** dB below what passes. 16-bit converters have 90 to 96 dB of range. */
  readonly stopDb: number;
}

const USUAL: DecimationFilter = { passShare: 0.8, stopDb: 90 };

/**
 * Keeps one sample in `factor`, after a linear-phase low-pass: a windowed sinc, Kaiser's β and
 * length (Oppenheim, Schafer, §7.5.3). Streaming: pieces of any length give what the whole gives.
 * Output sample k stands at input sample k·factor − `delay`; the first 2·delay ÷ factor ones still
 * contain the silence before the beginning.
 */
export class Decimator {
  readonly factor: number;
  /** In input samples. */
  readonly delay: number;
  readonly #taps: Float64Array;
  /** Each sample is written twice, half the array apart, so that a run of them never wraps. */
  readonly #recent: Float64Array;
  #at = 0;
  #untilNext = 0;

  /** A filter that passes less, or stops less, is shorter and as much cheaper. */
  constructor(factor: number, filter: DecimationFilter = USUAL) {
    assert(Number.isInteger(factor) && factor >= 1 && factor <= DECIMATION_MAX);
    this.factor = factor;
    this.#taps = lowPass(factor, filter);
    this.delay = (this.#taps.length - 1) / 2;
    this.#recent = new Float64Array(2 * this.#taps.length);
  }

  /** Writes the output into the first of `into` and answers how many came. No allocation. */
  run(samples: Samples, count: number, into: Samples): number {
    const taps = this.#taps;
    const recent = this.#recent;
    let made = 0;
    for (let index = 0; index < count; index++) {
      recent[this.#at] = samples[index]!;
      recent[this.#at + taps.length] = samples[index]!;
      this.#at = (this.#at + 1) % taps.length;
      if (this.#untilNext > 0) {
        this.#untilNext -= 1;
        continue;
      }
      this.#untilNext = this.factor - 1;
      let sum = 0;
      for (let tap = 0; tap < taps.length; tap++) sum += taps[tap]! * recent[this.#at + tap]!;
      into[made] = sum;
      made += 1;
    }
    return made;
  }

  /** The next sample that comes is one that is kept. */
  align(): void {
    this.#untilNext = 0;
  }

  reset(): void {
    this.#recent.fill(0);
    this.#at = 0;
    this.#untilNext = 0;
  }
}

/**
 * One whole window at the lower rate, aligned with the input: output k stands at input k·factor.
 * Outside the window its outermost samples go on. Answers how many samples came.
 */
export function decimate(samples: Samples, factor: number, into: Samples): number {
  assert(samples.length > 0);
  const decimator = new Decimator(factor);
  const { delay } = decimator;
  const padded = new Float64Array(samples.length + 2 * delay);
  for (let index = 0; index < padded.length; index++) {
    padded[index] = samples[Math.min(Math.max(index - delay, 0), samples.length - 1)]!;
  }
  // What stands at k·factor comes after 2·delay padded samples more: the first ones only fill.
  const filled = new Float64Array(Math.ceil(padded.length / factor));
  decimator.run(padded, 2 * delay, filled);
  const wanted = Math.ceil(samples.length / factor);
  decimator.align();
  decimator.run(padded.subarray(2 * delay), samples.length, into);
  return wanted;
}

function lowPass(factor: number, { passShare, stopDb }: DecimationFilter): Float64Array {
  if (factor === 1) return Float64Array.of(1);
  // In shares of the input's rate.
  const stop = 0.5 / factor;
  const corner = (stop * (1 + passShare)) / 2;
  const width = stop * (1 - passShare);
  const half = Math.ceil((stopDb - 7.95) / (2.285 * 2 * Math.PI * width) / 2);
  const beta = 0.1102 * (stopDb - 8.7);
  const taps = new Float64Array(2 * half + 1);
  let sum = 0;
  for (let index = -half; index <= half; index++) {
    const ideal =
      index === 0 ? 2 * corner : Math.sin(2 * Math.PI * corner * index) / (Math.PI * index);
    const tap = ideal * besselI0(beta * Math.sqrt(1 - (index / half) ** 2));
    taps[index + half] = tap;
    sum += tap;
  }
  return taps.map((tap) => tap / sum);
}

/** The modified Bessel function of order zero: Σ ((x ÷ 2)ᵏ ÷ k!)². */
export function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= (x / 2 / k) ** 2;
    sum += term;
  }
  return sum;
}
