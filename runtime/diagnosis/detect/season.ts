// What a value usually is at this time of the day or of the week, and by how much it differs now.

/** Complete periods that must have passed before anything is expected of the next one. */
const PERIODS_LEAST = 2;
/** A profile follows a changed habit within some ten periods. */
const PROFILE_GAIN = 0.1;

export interface SeasonOptions {
  readonly periodMs: number;
  /** Parts of the period, each with its own mean. */
  readonly bins: number;
}

export class Season {
  readonly #periodMs: number;
  readonly #bins: number;
  readonly #means: Float64Array;
  readonly #counts: Float64Array;
  #firstMs = Number.NaN;

  constructor({ periodMs, bins }: SeasonOptions) {
    this.#periodMs = periodMs;
    this.#bins = bins;
    this.#means = new Float64Array(bins);
    this.#counts = new Float64Array(bins);
  }

  /** The deviation from what is usual at this time; NaN where that is not known yet. */
  add(atMs: number, value: number): number {
    if (!Number.isFinite(atMs)) return Number.NaN;
    if (Number.isNaN(this.#firstMs)) this.#firstMs = atMs;
    const phase = (atMs / this.#periodMs) % 1;
    const bin = Math.floor((phase < 0 ? phase + 1 : phase) * this.#bins) % this.#bins;
    const usual = this.#means[bin]!;
    const isKnown =
      this.#counts[bin]! > 0 && atMs - this.#firstMs >= PERIODS_LEAST * this.#periodMs;
    const count = ++this.#counts[bin]!;
    this.#means[bin]! += Math.max(1 / count, PROFILE_GAIN) * (value - usual);
    return isKnown ? value - usual : Number.NaN;
  }
}
