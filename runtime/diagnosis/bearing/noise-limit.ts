// How high a comb of lines must stand before noise is ruled out as its author: derived from the
// statistics of averaged spectra, not fitted to recordings.

/**
 * The share of decisions on pure noise that may find a comb this high. One a second makes 32
 * million decisions a year, and an alarm wants several in a row.
 */
const FALSE_ALARM_PROBABILITY = 1e-6;

/** Half-overlapping Hann windows are nearly independent: Welch, IEEE Trans. AU-15 (1967) 70–73. */
const INDEPENDENT_SHARE = 0.95;

/** The exponents at which the bound is tried: it is flat around its best one. */
const EXPONENT_LEAST = 0.05;
const EXPONENT_STEP = 1.15;
const EXPONENT_STEPS = 90;

/**
 * The mean of `lines` levels, in dB above the median of their surroundings, that the best of
 * `trials` combs in noise exceeds with a probability below FALSE_ALARM_PROBABILITY.
 *
 * A bin of a spectrum averaged over `blocks` is gamma distributed with shape k = blocks, so that
 * E[x^t] = Γ(k+t) ÷ Γ(k), and by Chernoff P(Σ ln x ≥ n·u) ≤ exp(n·(ln E[x^t] − t·u)) for each t.
 * Solved for u and minimised over t; the bound times the number of trials is the probability.
 */
export function noiseLimitDb(blocks: number, lines: number, trials: number): number {
  const shape = Math.max(1, INDEPENDENT_SHARE * blocks);
  const surprise = Math.log(trials / FALSE_ALARM_PROBABILITY) / lines;
  const logGammaOfShape = logGamma(shape);
  let least = Number.POSITIVE_INFINITY;
  for (let step = 0, t = EXPONENT_LEAST; step < EXPONENT_STEPS; step++, t *= EXPONENT_STEP) {
    least = Math.min(least, (surprise + logGamma(shape + t) - logGammaOfShape) / t);
  }
  return (10 / Math.LN10) * (least - Math.log(medianOfGamma(shape)));
}

/** Wilson and Hilferty, Proc. Natl. Acad. Sci. 17 (1931) 684–688: within 2 % from shape 1 on. */
function medianOfGamma(shape: number): number {
  return shape * (1 - 1 / (9 * shape)) ** 3;
}

/** Stirling's series after shifting the argument above 8: errors below 1e-9 there. */
function logGamma(argument: number): number {
  let shifted = argument;
  let product = 1;
  while (shifted < 8) {
    product *= shifted;
    shifted += 1;
  }
  const inverse = 1 / shifted;
  const series = inverse / 12 - inverse ** 3 / 360 + inverse ** 5 / 1260;
  return (
    (shifted - 0.5) * Math.log(shifted) -
    shifted +
    0.5 * Math.log(2 * Math.PI) +
    series -
    Math.log(product)
  );
}
