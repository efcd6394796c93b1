// How long a device has lately taken to answer: a window of the last good reads, so that one slow
// answer of last year does not stand in today's figures.

/** Some minutes at one read a second; recent enough to tell, enough for a mean. */
const SAMPLES_MAX = 100;

export interface RoundTrips {
  readonly minMs: number;
  readonly meanMs: number;
  readonly maxMs: number;
}

export class RoundTripWindow {
  readonly #samples = new Float64Array(SAMPLES_MAX);
  #count = 0;

  /** Hot path: once per read. */
  add(roundTripMs: number): void {
    this.#samples[this.#count % SAMPLES_MAX] = roundTripMs;
    this.#count += 1;
  }

  /** Null before the first. */
  summary(): RoundTrips | null {
    const held = Math.min(this.#count, SAMPLES_MAX);
    if (held === 0) return null;
    let minMs = Number.POSITIVE_INFINITY;
    let maxMs = 0;
    let sum = 0;
    for (let index = 0; index < held; index++) {
      const sample = this.#samples[index]!;
      minMs = Math.min(minMs, sample);
      maxMs = Math.max(maxMs, sample);
      sum += sample;
    }
    return { minMs, meanMs: sum / held, maxMs };
  }
}
