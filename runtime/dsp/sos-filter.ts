// Running samples through second-order sections: sample by sample as they come, or over a whole
// window forth and back, which leaves every phase where it was.

import assert from "node:assert/strict";
import { SECTION_LENGTH, type Sections } from "./butterworth.ts";
import type { Samples } from "./samples.ts";

/**
 * A filter with a memory, for signals that come in pieces: transposed direct form II, whose errors
 * of rounding are the least for such sections (Oppenheim, Schafer, §6.3). No call allocates.
 */
export class SosFilter {
  readonly #sections: Sections;
  /** Two numbers for each section. */
  readonly #memory: Float64Array;

  constructor(sections: Sections) {
    assert(sections.length % SECTION_LENGTH === 0 && sections.length > 0);
    this.#sections = sections;
    this.#memory = new Float64Array((sections.length / SECTION_LENGTH) * 2);
  }

  /** As if nothing but zeros had come before. */
  reset(): void {
    this.#memory.fill(0);
  }

  /**
   * As if nothing but this value had come before, for ever: no step response at the beginning. The
   * state of each section follows from y = H(1)·u, m₁ = y − b₀·u, m₂ = b₂·u − a₂·y.
   */
  settle(value: number): void {
    let input = value;
    for (let at = 0, memory = 0; at < this.#sections.length; at += SECTION_LENGTH, memory += 2) {
      const b0 = this.#sections[at]!;
      const b1 = this.#sections[at + 1]!;
      const b2 = this.#sections[at + 2]!;
      const a2 = this.#sections[at + 4]!;
      const output = (input * (b0 + b1 + b2)) / (1 + this.#sections[at + 3]! + a2);
      this.#memory[memory] = output - b0 * input;
      this.#memory[memory + 1] = b2 * input - a2 * output;
      input = output;
    }
  }

  /** Filters the first `count` samples into the first of `into`, which may be the same array. */
  run(samples: Samples, count: number, into: Samples): void {
    assert(samples.length >= count && into.length >= count);
    for (let index = 0; index < count; index++) into[index] = samples[index]!;
    this.#runInPlace(into, 0, count, 1);
  }

  /** The same backwards in time, from the last to the first. */
  runBackwards(samples: Samples, count: number, into: Samples): void {
    assert(samples.length >= count && into.length >= count);
    for (let index = 0; index < count; index++) into[index] = samples[index]!;
    this.#runInPlace(into, count - 1, count, -1);
  }

  // Hot path: each sample of each section.
  #runInPlace(samples: Samples, start: number, count: number, step: 1 | -1): void {
    for (let at = 0, memory = 0; at < this.#sections.length; at += SECTION_LENGTH, memory += 2) {
      const b0 = this.#sections[at]!;
      const b1 = this.#sections[at + 1]!;
      const b2 = this.#sections[at + 2]!;
      const a1 = this.#sections[at + 3]!;
      const a2 = this.#sections[at + 4]!;
      let first = this.#memory[memory]!;
      let second = this.#memory[memory + 1]!;
      for (let done = 0, index = start; done < count; done++, index += step) {
        const input = samples[index]!;
        const output = b0 * input + first;
        first = b1 * input - a1 * output + second;
        second = b2 * input - a2 * output;
        samples[index] = output;
      }
      this.#memory[memory] = first;
      this.#memory[memory + 1] = second;
    }
  }
}

/**
 * The samples that are put before and behind a window of `filtfilt`, and that it needs at least.
 */
export function filtfiltPadding(sections: Sections): number {
  let poleAtZero = 0;
  let zeroAtZero = 0;
  for (let at = 0; at < sections.length; at += SECTION_LENGTH) {
    if (sections[at + 2] === 0) zeroAtZero += 1;
    if (sections[at + 4] === 0) poleAtZero += 1;
  }
  const taps = 2 * (sections.length / SECTION_LENGTH) + 1 - Math.min(zeroAtZero, poleAtZero);
  return 3 * taps;
}

/** Forth and back over windows of up to `samplesMax` samples. No call allocates. */
export class ZeroPhaseFilter {
  readonly samplesMax: number;
  readonly #filter: SosFilter;
  readonly #padding: number;
  readonly #padded: Float64Array;

  constructor(sections: Sections, samplesMax: number) {
    this.samplesMax = samplesMax;
    this.#filter = new SosFilter(sections);
    this.#padding = filtfiltPadding(sections);
    this.#padded = new Float64Array(samplesMax + 2 * this.#padding);
  }

  /**
   * Writes the first `count` samples, which must be more than `filtfiltPadding`, filtered into the
   * first of `into`. The gain is the filter's squared. The window is continued at both ends by its
   * point reflection, and the filter starts settled: Gustafsson, IEEE Trans. Signal Process. 44
   * (1996) 988–992, and the defaults of SciPy's `sosfiltfilt`.
   */
  run(samples: Samples, count: number, into: Samples): void {
    const padding = this.#padding;
    const padded = this.#padded;
    assert(count > padding && count <= this.samplesMax, "the window is too short or too long");
    const first = samples[0]!;
    const last = samples[count - 1]!;
    const end = padding + count;
    for (let index = 0; index < padding; index++) {
      padded[index] = 2 * first - samples[padding - index]!;
      padded[end + index] = 2 * last - samples[count - 2 - index]!;
    }
    for (let index = 0; index < count; index++) padded[padding + index] = samples[index]!;
    const length = end + padding;
    this.#filter.settle(padded[0]!);
    this.#filter.run(padded, length, padded);
    this.#filter.settle(padded[length - 1]!);
    this.#filter.runBackwards(padded, length, padded);
    for (let index = 0; index < count; index++) into[index] = padded[padding + index]!;
  }
}

/** Zero-phase filtering of one whole window, with a plan of its own. */
export function filtfilt(sections: Sections, samples: Samples, into: Samples): void {
  new ZeroPhaseFilter(sections, samples.length).run(samples, samples.length, into);
}
