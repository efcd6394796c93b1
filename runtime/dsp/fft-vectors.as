// Vectors of complex numbers, four single or two double ones: products, and changes of order.
// `T` is f32 or f64. Part of fft-kernel.as.

/** Between passes numbers lie in blocks: a vector of real parts, then one of imaginary parts. */
export const BLOCK: usize = 32;
export const IMAGINARY: usize = 16;

@inline
export function timesRe<T>(aRe: v128, aIm: v128, bRe: v128, bIm: v128): v128 {
  return v128.sub<T>(v128.mul<T>(aRe, bRe), v128.mul<T>(aIm, bIm));
}

@inline
export function timesIm<T>(aRe: v128, aIm: v128, bRe: v128, bIm: v128): v128 {
  return v128.add<T>(v128.mul<T>(aRe, bIm), v128.mul<T>(aIm, bRe));
}

/** Two vectors of interleaved numbers have these real parts, */
@inline
export function evens<T>(a: v128, b: v128): v128 {
  if (sizeof<T>() == 4) return v128.shuffle<f32>(a, b, 0, 2, 4, 6);
  return v128.shuffle<f64>(a, b, 0, 2);
}

/** and these imaginary ones. */
@inline
export function odds<T>(a: v128, b: v128): v128 {
  if (sizeof<T>() == 4) return v128.shuffle<f32>(a, b, 1, 3, 5, 7);
  return v128.shuffle<f64>(a, b, 1, 3);
}

@inline
export function reversed<T>(a: v128): v128 {
  if (sizeof<T>() == 4) return v128.shuffle<f32>(a, a, 3, 2, 1, 0);
  return v128.shuffle<f64>(a, a, 1, 0);
}

/** The first of `after`, then what stands before it, backwards. */
@inline
export function mirrored<T>(before: v128, after: v128): v128 {
  if (sizeof<T>() == 4) return v128.shuffle<f32>(before, after, 4, 3, 2, 1);
  return v128.shuffle<f64>(before, after, 2, 1);
}

@inline
export function storeBlock<T>(to: usize, re: v128, im: v128, exchange: bool): void {
  if (exchange) {
    storeInterleaved<T>(to, im, re);
  } else {
    v128.store(to, re);
    v128.store(to, im, IMAGINARY);
  }
}

@inline
export function storeInterleaved<T>(to: usize, re: v128, im: v128): void {
  if (sizeof<T>() == 4) {
    v128.store(to, v128.shuffle<f32>(re, im, 0, 4, 1, 5));
    v128.store(to, v128.shuffle<f32>(re, im, 2, 6, 3, 7), 16);
  } else {
    v128.store(to, v128.shuffle<f64>(re, im, 0, 2));
    v128.store(to, v128.shuffle<f64>(re, im, 1, 3), 16);
  }
}

/** Interleaved, the last number first. */
@inline
export function storeReversed<T>(to: usize, re: v128, im: v128): void {
  if (sizeof<T>() == 4) {
    const low = v128.shuffle<f32>(re, im, 0, 4, 1, 5);
    const high = v128.shuffle<f32>(re, im, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f32>(high, high, 2, 3, 0, 1));
    v128.store(to, v128.shuffle<f32>(low, low, 2, 3, 0, 1), 16);
  } else {
    v128.store(to, v128.shuffle<f64>(re, im, 1, 3));
    v128.store(to, v128.shuffle<f64>(re, im, 0, 2), 16);
  }
}

/** Writes the columns of four rows, one block apart: those of a number stand side by side. */
@inline
export function storeAcross<T>(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  if (sizeof<T>() == 4) {
    const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    v128.store(to, v128.shuffle<f32>(abLow, cdLow, 0, 1, 4, 5));
    v128.store(to, v128.shuffle<f32>(abLow, cdLow, 2, 3, 6, 7), BLOCK);
    const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5), 2 * BLOCK);
    v128.store(to, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7), 3 * BLOCK);
  } else {
    v128.store(to, v128.shuffle<f64>(a, b, 0, 2));
    v128.store(to, v128.shuffle<f64>(c, d, 0, 2), BLOCK);
    v128.store(to, v128.shuffle<f64>(a, b, 1, 3), 2 * BLOCK);
    v128.store(to, v128.shuffle<f64>(c, d, 1, 3), 3 * BLOCK);
  }
}
