// How far a value is from all that was seen before. A nearest neighbour in the memory of values
// makes no assumption about how they are spread: two levels with nothing between are normal, and a
// value between them is news.

/** A month of five-minute rows; more costs time for each row, fewer forget what was normal. */
const MEMORY_ROWS = 8_192;
/** Of the deviation of all values: a smaller distance is never news. */
const DISTANCE_FLOOR = 0.1;
/** The long-term deviation follows a changed machine within some thousand rows. */
const DEVIATION_GAIN = 1 / 2_000;
/** The largest distance of lately is forgotten over so many rows. */
const LARGEST_KEPT_ROWS = 1_000;
/** One outlier must not make the detector blind to the next of its size. */
const LARGEST_GROWTH_MAX = 1.5;
/** Distances are collected for this share of the learning rows before they are judged by. */
const CALIBRATION_SHARE = 1 / 3;

export interface NoveltyOptions {
  /** Learning rows: until then every answer is 0. */
  readonly learnRows: number;
  /** What is looked at is the mean of so many rows. */
  readonly meanRows: number;
}

/**
 * Hot path: once for each row. It allocates nothing after it was made, and looks at no row but the
 * ones it was given.
 */
export class Novelty {
  readonly #memory = new Float64Array(MEMORY_ROWS);
  readonly #recent: Float64Array;
  readonly #learnRows: number;
  readonly #calibrateFrom: number;
  #rows = 0;
  #mean = 0;
  #variance = 0;
  #largest = 0;

  constructor({ learnRows, meanRows }: NoveltyOptions) {
    this.#recent = new Float64Array(meanRows);
    this.#learnRows = learnRows;
    this.#calibrateFrom = Math.ceil(learnRows * (1 - CALIBRATION_SHARE));
  }

  /** The distance from all that was seen, in units of the largest distance of lately. */
  add(value: number): number {
    const averaged = this.#average(value);
    const distance = this.#distance(averaged);
    this.#memory[(this.#rows - 1) % MEMORY_ROWS] = averaged;
    if (this.#rows === 1 || this.#rows < this.#calibrateFrom) return 0;
    // The smallest floor keeps the ratio of a series that never moved at 1.
    const floor = DISTANCE_FLOOR * Math.sqrt(this.#variance) + Number.EPSILON * Math.abs(averaged);
    const raised = Math.max(distance + floor, Number.MIN_VALUE);
    const largest = this.#largest || raised;
    const ratio = raised / largest;
    this.#largest = Math.max(
      largest * (1 - 1 / LARGEST_KEPT_ROWS),
      Math.min(raised, largest * LARGEST_GROWTH_MAX),
    );
    return this.#rows <= this.#learnRows ? 0 : ratio;
  }

  #average(value: number): number {
    this.#recent[this.#rows % this.#recent.length] = value;
    this.#rows++;
    const gain = Math.max(1 / this.#rows, DEVIATION_GAIN);
    const error = value - this.#mean;
    this.#mean += gain * error;
    this.#variance = (1 - gain) * (this.#variance + gain * error * error);
    const count = Math.min(this.#rows, this.#recent.length);
    let sum = 0;
    for (let at = 0; at < count; at++) sum += this.#recent[at]!;
    return sum / count;
  }

  #distance(value: number): number {
    const count = Math.min(this.#rows - 1, MEMORY_ROWS);
    let least = Number.POSITIVE_INFINITY;
    for (let at = 0; at < count; at++) {
      const distance = Math.abs(this.#memory[at]! - value);
      if (distance < least) least = distance;
    }
    return least;
  }
}
