// Fewer samples per second without folding what is too fast for them into what is left.

import assert from "node:assert/strict";
import { arenaFor, numbersBytes, type Passes, placeNumbers } from "./fft-memory.ts";
import type { Samples } from "./samples.ts";

/** Beyond it, decimate in two steps: the filter would be longer than the work it saves. */
export const DECIMATION_MAX = 64;

/** Input that is taken at once: it and the filter stay in the cache. */
const PIECE_SAMPLES = 1_024;

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
  readonly #filter: Filter;
  /** The samples that the filter still needs. */
  readonly #recent: Float64Array;
  #untilNext = 0;

  /** A filter that passes less, or stops less, is shorter and as much cheaper. */
  constructor(factor: number, filter: DecimationFilter = USUAL) {
    assert(Number.isInteger(factor) && factor >= 1 && factor <= DECIMATION_MAX);
    this.factor = factor;
    this.#filter = filterOf(factor, filter);
    this.delay = (this.#filter.tapCount - 1) / 2;
    this.#recent = new Float64Array(this.#filter.tapCount - 1);
  }

  /** Writes the output into the first of `into` and answers how many came. No allocation. */
  run(samples: Samples, count: number, into: Samples): number {
    const { passes, tapsAt, tapCount, line, lineAt, results, resultsAt } = this.#filter;
    const before = tapCount - 1;
    line.set(this.#recent);
    let made = 0;
    for (let start = 0; start < count; start += PIECE_SAMPLES) {
      const length = Math.min(PIECE_SAMPLES, count - start);
      for (let index = 0; index < length; index++) line[before + index] = samples[start + index]!;
      const due = Math.max(0, Math.ceil((length - this.#untilNext) / this.factor));
      const from = lineAt + 8 * this.#untilNext;
      passes.filter64(from, 8 * this.factor, due, tapsAt, tapCount, resultsAt);
      for (let index = 0; index < due; index++) into[made + index] = results[index]!;
      made += due;
      this.#untilNext += due * this.factor - length;
      line.copyWithin(0, length, length + before);
    }
    for (let index = 0; index < before; index++) this.#recent[index] = line[index]!;
    return made;
  }

  /** The next sample that comes is one that is kept. */
  align(): void {
    this.#untilNext = 0;
  }

  reset(): void {
    this.#recent.fill(0);
    this.#untilNext = 0;
  }
}

/** Where the kernel has a filter and what passes it; nothing is kept in it from call to call. */
interface Filter {
  readonly passes: Passes;
  readonly tapsAt: number;
  readonly tapCount: number;
  readonly line: Float64Array;
  readonly lineAt: number;
  readonly results: Float64Array;
  readonly resultsAt: number;
}

/** One for each factor and kind of filter, of which a program has a few: memory is never freed. */
const filters = new Map<string, Filter>();

function filterOf(factor: number, kind: DecimationFilter): Filter {
  const key = `${factor} ${kind.passShare} ${kind.stopDb}`;
  let filter = filters.get(key);
  if (filter === undefined) {
    const taps = lowPass(factor, kind);
    const lineLength = taps.length - 1 + PIECE_SAMPLES;
    const arena = arenaFor(
      numbersBytes(taps.length) + numbersBytes(lineLength) + numbersBytes(PIECE_SAMPLES),
    );
    const placed = placeNumbers(arena, taps.length);
    placed.view.set(taps);
    const line = placeNumbers(arena, lineLength);
    const results = placeNumbers(arena, PIECE_SAMPLES);
    filter = {
      passes: arena.passes,
      tapsAt: placed.at,
      tapCount: taps.length,
      line: line.view,
      lineAt: line.at,
      results: results.view,
      resultsAt: results.at,
    };
    filters.set(key, filter);
  }
  return filter;
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
