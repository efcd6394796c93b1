// The passes of the real Fourier transform, in AssemblyScript (TypeScript's syntax, compiled to
// WebAssembly): `node deploy/build-fft-kernel.ts` makes fft-kernel-bytes.ts of it. Everything that
// says where things lie, and the twiddle factors, comes from fft.ts.
//
// N real samples are taken for N ÷ 2 complex ones, z[n] = x[2n] + i·x[2n+1]. Their transform is a
// Stockham autosort (Van Loan, Computational Frameworks for the Fast Fourier Transform, 1.7): each
// pass reads with one stride and writes with another, so that nothing is ever put in bit-reversed
// order. All passes have radix 4 but the last, which has 8 where the size asks for it. `untangle`
// makes the spectrum of the real samples of it.
//
// Between passes complex numbers lie in blocks of 32 bytes: one vector of real parts, then one of
// imaginary parts. A vector has four single or two double numbers; `T` is f32 or f64.

import {
  firstPass,
  middlePass,
  lastPassOf2,
  lastPassOf4,
  lastPassOf8,
} from "./fft-passes";
import {
  timesRe,
  timesIm,
  evens,
  odds,
  reversed,
  mirrored,
  storeInterleaved,
  storeReversed,
  BLOCK,
  IMAGINARY,
} from "./fft-vectors";

export { addPowers64, envelopePowers64, filter64, whiten64 } from "./fft-powers";

export function forward32(
  samples: usize, scratch: usize, spectrum: usize, twiddles: usize, bytes: usize,
): void {
  forward<f32>(samples, scratch, spectrum, twiddles, bytes);
}

export function forward64(
  samples: usize, scratch: usize, spectrum: usize, twiddles: usize, bytes: usize,
): void {
  forward<f64>(samples, scratch, spectrum, twiddles, bytes);
}

export function inverse32(
  samples: usize, scratch: usize, spectrum: usize, twiddles: usize, bytes: usize,
): void {
  inverse<f32>(samples, scratch, spectrum, twiddles, bytes);
}

export function inverse64(
  samples: usize, scratch: usize, spectrum: usize, twiddles: usize, bytes: usize,
): void {
  inverse<f64>(samples, scratch, spectrum, twiddles, bytes);
}

/** `bytes` is the length of the samples: at least 128, 16 double or 32 single numbers. */
@inline
function forward<T>(
  samples: usize, scratch: usize, spectrum: usize, twiddles: usize, bytes: usize,
): void {
  transform<T>(samples, scratch, spectrum, scratch, twiddles + (bytes >> 1), bytes, false);
  untangle<T>(scratch, spectrum, twiddles, bytes);
}

/**
 * With real and imaginary parts exchanged before and after it, the same transform goes back:
 * `tangle` writes them exchanged, and the last pass exchanges them again.
 */
@inline
function inverse<T>(
  samples: usize, scratch: usize, spectrum: usize, twiddles: usize, bytes: usize,
): void {
  tangle<T>(spectrum, samples, twiddles, bytes);
  transform<T>(samples, scratch, spectrum, samples, twiddles + (bytes >> 1), bytes, true);
}

/** The complex transform of `from`, by way of `one` and `other`, to `to`: `one`, or neither. */
@inline
function transform<T>(
  from: usize, one: usize, other: usize, to: usize, twiddles: usize, bytes: usize, inverse: bool,
): void {
  const quarter = bytes >> 2;
  // How many numbers each of the transforms that are left has.
  let left: u32 = quarter / (2 * sizeof<T>());
  // Passes after the first one. They write to and fro, and the last one ends in `to`.
  const passes = (31 - clz<u32>(left)) >> 1;
  let read = passes & 1 ? other : one;
  let write = passes & 1 ? one : other;
  firstPass<T>(from, read, twiddles, quarter);
  twiddles += 3 * quarter;
  let run: usize = 8 * sizeof<T>();
  while (left > 8) {
    left >>= 2;
    middlePass<T>(read, write, twiddles, quarter, run);
    twiddles += left * 6 * sizeof<T>();
    run <<= 2;
    const written = write;
    write = read;
    read = written;
  }
  if (left == 2) lastPassOf2<T>(read, to, bytes >> 1, inverse);
  else if (left == 4) lastPassOf4<T>(read, to, quarter, inverse);
  else lastPassOf8<T>(read, to, bytes >> 3, inverse);
}

/**
 * From the transform Z of z to the spectrum X of the real samples. With E and O the transforms of
 * the samples at even and at odd places,
 *   E[k] = (Z[k] + Z*[M−k]) ÷ 2,  O[k] = (Z[k] − Z*[M−k]) ÷ 2i,  M = N ÷ 2,
 *   X[k] = E[k] + exp(−2πi·k÷N)·O[k],  X[M−k] = (E[k] − exp(−2πi·k÷N)·O[k])*.
 * The twiddle factors are halved already and have the 1 ÷ i in them.
 */
@inline
function untangle<T>(from: usize, spectrum: usize, twiddles: usize, bytes: usize): void {
  const half = v128.splat<T>(<T>0.5);
  const middle = from + (bytes >> 1);
  let low = spectrum;
  // The four (or two) bins that end with M − k; X[M] comes first.
  let high = spectrum + bytes - BLOCK + 2 * sizeof<T>();
  let mirror = from + bytes - BLOCK;
  let nextRe = v128.load(from);
  let nextIm = v128.load(from, IMAGINARY);
  while (from < middle) {
    const zRe = v128.load(from);
    const zIm = v128.load(from, IMAGINARY);
    const lastRe = v128.load(mirror);
    const lastIm = v128.load(mirror, IMAGINARY);
    const mRe = mirrored<T>(lastRe, nextRe);
    const mIm = mirrored<T>(lastIm, nextIm);
    nextRe = lastRe;
    nextIm = lastIm;
    const eRe = v128.mul<T>(v128.add<T>(zRe, mRe), half);
    const eIm = v128.mul<T>(v128.sub<T>(zIm, mIm), half);
    const dRe = v128.sub<T>(zRe, mRe);
    const dIm = v128.add<T>(zIm, mIm);
    const wRe = v128.load(twiddles);
    const wIm = v128.load(twiddles, IMAGINARY);
    const oRe = timesRe<T>(dRe, dIm, wRe, wIm);
    const oIm = timesIm<T>(dRe, dIm, wRe, wIm);
    storeInterleaved<T>(low, v128.add<T>(eRe, oRe), v128.add<T>(eIm, oIm));
    storeReversed<T>(high, v128.sub<T>(eRe, oRe), v128.sub<T>(oIm, eIm));
    from += BLOCK;
    low += BLOCK;
    twiddles += BLOCK;
    mirror -= BLOCK;
    high -= BLOCK;
  }
  // X[M ÷ 2] = Z*[M ÷ 2].
  store<T>(low, load<T>(middle));
  store<T>(low + sizeof<T>(), -load<T>(middle, IMAGINARY));
}

/**
 * The way back, from X to Z ÷ M with real and imaginary parts exchanged:
 *   Z[k] = E[k] + i·O[k],  Z[M−k] = (E[k] − i·O[k])*.
 * Writes one number behind Z, as Z[M].
 */
@inline
function tangle<T>(spectrum: usize, to: usize, twiddles: usize, bytes: usize): void {
  const complexBytes: usize = 2 * sizeof<T>();
  const share = <T>complexBytes / <T>bytes;
  const scale = v128.splat<T>(share);
  const halfScale = v128.splat<T>(share * <T>0.5);
  const middle = spectrum + (bytes >> 1);
  // What a real signal has not: it would not cancel.
  store<T>(spectrum + sizeof<T>(), 0);
  store<T>(spectrum + bytes + sizeof<T>(), 0);
  let from = spectrum;
  let mirror = spectrum + bytes - BLOCK + 2 * sizeof<T>();
  let high = to + bytes - BLOCK + 2 * sizeof<T>();
  while (from < middle) {
    const x0 = v128.load(from);
    const x1 = v128.load(from, 16);
    const y0 = v128.load(mirror);
    const y1 = v128.load(mirror, 16);
    const xRe = evens<T>(x0, x1);
    const xIm = odds<T>(x0, x1);
    const mRe = reversed<T>(evens<T>(y0, y1));
    const mIm = reversed<T>(odds<T>(y0, y1));
    const eRe = v128.mul<T>(v128.add<T>(xRe, mRe), halfScale);
    const eIm = v128.mul<T>(v128.sub<T>(xIm, mIm), halfScale);
    const dRe = v128.mul<T>(v128.sub<T>(xRe, mRe), scale);
    const dIm = v128.mul<T>(v128.add<T>(xIm, mIm), scale);
    const wRe = v128.load(twiddles);
    const wIm = v128.neg<T>(v128.load(twiddles, IMAGINARY));
    const oRe = timesRe<T>(dRe, dIm, wRe, wIm);
    const oIm = timesIm<T>(dRe, dIm, wRe, wIm);
    storeInterleaved<T>(to, v128.add<T>(eIm, oIm), v128.add<T>(eRe, oRe));
    storeReversed<T>(high, v128.sub<T>(oIm, eIm), v128.sub<T>(eRe, oRe));
    from += BLOCK;
    to += BLOCK;
    twiddles += BLOCK;
    mirror -= BLOCK;
    high -= BLOCK;
  }
  const middleRe = load<T>(middle) * share;
  const middleIm = load<T>(middle + sizeof<T>()) * share;
  store<T>(to, -middleIm);
  store<T>(to + sizeof<T>(), middleRe);
}
