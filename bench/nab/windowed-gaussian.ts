// NAB's detector `windowedGaussian`, rebuilt from its description (a Gaussian over the last 6,400
// rows, moved on by 100 at a time; a row's score is one less its tail probability). It serves to
// check the scorer from rows to published table: its result for each series is in the data set.

const WINDOW_ROWS = 6_400;
const STEP_ROWS = 100;
/** Stands for a deviation of nothing, which cannot divide. */
const DEVIATION_LEAST = 1e-6;

export function windowedGaussian(values: Float64Array): Float64Array {
  const scores = new Float64Array(values.length);
  let from = 0;
  let to = 0;
  let mean = 0;
  let deviation = 1;
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (to > from) scores[row] = 1 - tail(Math.abs(value - mean) / deviation);
    if (row < WINDOW_ROWS) to = row + 1;
    else if (row + 1 - to === STEP_ROWS) {
      from += STEP_ROWS;
      to += STEP_ROWS;
    } else continue;
    mean = 0;
    for (let at = from; at < to; at++) mean += values[at]!;
    mean /= to - from;
    let squares = 0;
    for (let at = from; at < to; at++) squares += (values[at]! - mean) ** 2;
    deviation = Math.sqrt(squares / (to - from)) || DEVIATION_LEAST;
  }
  return scores;
}

/** Probability that a standard Gaussian is above `z` ≥ 0; relative error below 1e-12. */
export function tail(z: number): number {
  if (z < 3) return 0.5 - density(z) * series(z);
  // Laplace's continued fraction (Abramowitz and Stegun 26.2.14), which is exact far out.
  let fraction = z;
  for (let depth = 120; depth >= 1; depth--) fraction = z + depth / fraction;
  return density(z) / fraction;
}

/** Abramowitz and Stegun 26.2.11. */
function series(z: number): number {
  let term = z;
  let sum = z;
  for (let odd = 3; Math.abs(term) > 1e-18 * Math.abs(sum); odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return sum;
}

function density(z: number): number {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}
