// Where the blocks of a waveform enter: raw to unit, into the ring, and a word each time a window
// of samples is complete.

import type { Mono } from "../signal/instant.ts";
import type { RingWriter } from "./ring.ts";

const MS_PER_SECOND = 1_000;

export interface WaveformIntakeOptions {
  readonly ring: RingWriter;
  /** value = raw × scale, rounded to 32-bit floating point. */
  readonly scale: number;
  /** Samples per second. */
  readonly rate: number;
  readonly windowSamples: number;
  /** The window's samples end at this position of the ring; `at` belongs to its last sample. */
  readonly windowComplete: (endPosition: number, at: Mono) => void;
}

export class WaveformIntake {
  readonly #options: WaveformIntakeOptions;
  /** Samples that the present window still lacks. */
  #lacking: number;
  #lastAt: Mono = 0;

  constructor(options: WaveformIntakeOptions) {
    this.#options = options;
    this.#lacking = options.windowSamples;
  }

  /**
   * Consecutive raw samples; `at` belongs to the last one. A sample in the middle of a block gets
   * its instant from the rate, in whole milliseconds, and never one before its predecessor's:
   * blocks arrive in bursts, and hours are counted between instants. Hot path: no allocation.
   */
  block(samples: Float32Array, count: number, at: Mono): void {
    const { ring, scale, rate, windowSamples, windowComplete } = this.#options;
    let done = 0;
    while (done < count) {
      const part = Math.min(count - done, this.#lacking, ring.samplesMax);
      const later = count - done - part;
      const partAt = Math.floor(at - (later * MS_PER_SECOND) / rate);
      if (partAt > this.#lastAt) this.#lastAt = partAt;
      ring.write(samples, done, part, scale, this.#lastAt);
      done += part;
      this.#lacking -= part;
      if (this.#lacking === 0) {
        this.#lacking = windowSamples;
        windowComplete(ring.written, this.#lastAt);
      }
    }
  }

  /** Samples are missing here: a window that has begun is given up, so that none spans a gap. */
  gap(): void {
    this.#lacking = this.#options.windowSamples;
  }
}
