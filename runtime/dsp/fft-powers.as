// What the diagnosis does around transforms, in double precision: sums of short spectra, and the
// power spectrum of a squared envelope. Part of fft-kernel.as.

import { forward64, inverse64 } from "./fft-kernel";
import {
  evens,
  odds,
  BLOCK,
  IMAGINARY,
} from "./fft-vectors";

/**
 * Transforms `frames` windowed stretches, `hop` bytes apart, and adds to each bin |X|² and |X|⁴.
 * Both sums have room for one bin more than the spectrum.
 */
export function addPowers64(
  from: usize, hop: usize, frames: i32, window: usize, squares: usize, fourths: usize,
  samples: usize, scratch: usize, spectrum: usize, twiddles: usize, bytes: usize,
): void {
  const bins = spectrum + bytes + IMAGINARY;
  for (let frame = 0; frame < frames; frame++) {
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(samples + at, v128.mul<f64>(v128.load(from + at), v128.load(window + at)));
    }
    forward64(samples, scratch, spectrum, twiddles, bytes);
    let square = squares;
    let fourth = fourths;
    for (let at = spectrum; at < bins; at += BLOCK) {
      const power = powersOfTwo(at);
      v128.store(square, v128.add<f64>(v128.load(square), power));
      v128.store(fourth, v128.add<f64>(v128.load(fourth), v128.mul<f64>(power, power)));
      square += 16;
      fourth += 16;
    }
    from += hop;
  }
}

/**
 * The power spectrum of a squared envelope, over its mean, less one, windowed. The envelope is that
 * of the bins from `first` to `last` of `kept`; with `first` = 0, that of `block`, whose spectrum
 * `kept` is.
 */
export function envelopePowers64(
  block: usize, kept: usize, first: i32, last: i32, envelope: usize, window: usize, powers: usize,
  samples: usize, scratch: usize, spectrum: usize, twiddles: usize, bytes: usize,
): void {
  if (first == 0) {
    square(block, envelope, bytes, false);
    first = 1;
  } else {
    select(kept, spectrum, first, last, bytes, false);
    inverse64(samples, scratch, spectrum, twiddles, bytes);
    square(samples, envelope, bytes, false);
  }
  select(kept, spectrum, first, last, bytes, true);
  inverse64(samples, scratch, spectrum, twiddles, bytes);
  const mean = square(samples, envelope, bytes, true) / <f64>(bytes >> 3);
  const share = v128.splat<f64>(1 / mean);
  const one = v128.splat<f64>(1);
  for (let at: usize = 0; at < bytes; at += 16) {
    const value = v128.sub<f64>(v128.mul<f64>(v128.load(envelope + at), share), one);
    v128.store(samples + at, v128.mul<f64>(value, v128.load(window + at)));
  }
  forward64(samples, scratch, spectrum, twiddles, bytes);
  const bins = spectrum + bytes + IMAGINARY;
  for (let at = spectrum; at < bins; at += BLOCK) {
    v128.store(powers, powersOfTwo(at));
    powers += 16;
  }
}

/** |X|² of two bins. */
@inline
function powersOfTwo(at: usize): v128 {
  const one = v128.load(at);
  const two = v128.load(at, 16);
  const a = v128.mul<f64>(one, one);
  const b = v128.mul<f64>(two, two);
  return v128.add<f64>(evens<f64>(a, b), odds<f64>(a, b));
}

/** Writes or adds squares, and returns the sum of what is there then. */
function square(from: usize, to: usize, bytes: usize, adds: bool): f64 {
  let sum = v128.splat<f64>(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const value = v128.load(from + at);
    let squared = v128.mul<f64>(value, value);
    if (adds) squared = v128.add<f64>(squared, v128.load(to + at));
    v128.store(to + at, squared);
    sum = v128.add<f64>(sum, squared);
  }
  return v128.extract_lane<f64>(sum, 0) + v128.extract_lane<f64>(sum, 1);
}

/** Some bins of a spectrum, all others zero; turned by −90°, they are the Hilbert transform's. */
function select(
  from: usize, to: usize, first: i32, last: i32, bytes: usize, turned: bool,
): void {
  memory.fill(to, 0, bytes + IMAGINARY);
  const flip = v128(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -128);
  const end = (<usize>last + 1) << 4;
  for (let at: usize = <usize>first << 4; at < end; at += 16) {
    let bin = v128.load(from + at);
    if (turned) bin = v128.xor(v128.shuffle<f64>(bin, bin, 1, 0), flip);
    v128.store(to + at, bin);
  }
}
