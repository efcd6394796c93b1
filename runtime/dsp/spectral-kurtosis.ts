// How shock-like an envelope is, in a way that one stray impulse does not decide.

/** Pieces that a window is cut into; shocks that repeat are in most of them. */
const PIECES = 8;

/**
 * ⟨e⁴⟩ ÷ ⟨e²⟩² − 2 from the squared envelope: 0 for complex normal noise, −1 for a tone (Antoni,
 * MSSP 20 (2006) 282–307). It is taken for each of eight pieces of the window, and the answer is
 * the third smallest: a few knocks fill few pieces and raise no more than those, while a fault's
 * shocks, some of them in every piece, raise all. `scratch` takes at least eight numbers.
 */
export function trimmedKurtosis(
  squared: Float64Array,
  count: number,
  scratch: Float64Array,
): number {
  const length = Math.floor(count / PIECES);
  for (let piece = 0; piece < PIECES; piece++) {
    let sum = 0;
    let squares = 0;
    for (let index = piece * length; index < (piece + 1) * length; index++) {
      const value = squared[index]!;
      sum += value;
      squares += value * value;
    }
    const found = sum > 0 ? (length * squares) / (sum * sum) - 2 : -1;
    // Inserted in order: eight numbers need no better sort.
    let place = piece;
    for (; place > 0 && scratch[place - 1]! > found; place--) scratch[place] = scratch[place - 1]!;
    scratch[place] = found;
  }
  return scratch[2]!;
}
