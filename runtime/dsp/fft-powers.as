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

/** So many sums of products of samples and taps, the first at `from`, the next `step` bytes on. */
export function filter64(
  from: usize, step: usize, results: i32, taps: usize, tapCount: i32, to: usize,
): void {
  const whole: usize = <usize>(tapCount & ~7) << 3;
  const bytes: usize = <usize>tapCount << 3;
  for (let result = 0; result < results; result++) {
    // One sum would wait for each of its additions.
    let sum0 = v128.splat<f64>(0);
    let sum1 = v128.splat<f64>(0);
    let sum2 = v128.splat<f64>(0);
    let sum3 = v128.splat<f64>(0);
    let at: usize = 0;
    for (; at < whole; at += 64) {
      const sample = from + at;
      const tap = taps + at;
      sum0 = v128.add<f64>(sum0, v128.mul<f64>(v128.load(sample), v128.load(tap)));
      sum1 = v128.add<f64>(sum1, v128.mul<f64>(v128.load(sample, 16), v128.load(tap, 16)));
      sum2 = v128.add<f64>(sum2, v128.mul<f64>(v128.load(sample, 32), v128.load(tap, 32)));
      sum3 = v128.add<f64>(sum3, v128.mul<f64>(v128.load(sample, 48), v128.load(tap, 48)));
    }
    const sums = v128.add<f64>(v128.add<f64>(sum0, sum1), v128.add<f64>(sum2, sum3));
    let sum = v128.extract_lane<f64>(sums, 0) + v128.extract_lane<f64>(sums, 1);
    for (; at < bytes; at += 8) sum += load<f64>(from + at) * load<f64>(taps + at);
    store<f64>(to, sum);
    from += step;
    to += 8;
  }
}

/** What `whitenSpectrum` of prewhiten.ts does, which says why. */
export function whiten64(spectrum: usize, bins: i32, floorShare: f64): void {
  const end = spectrum + (<usize>(bins - 1) << 4);
  let sum: f64 = 0;
  for (let at = spectrum + 16; at < end; at += 16) {
    sum += sqrt(load<f64>(at) * load<f64>(at) + load<f64>(at, 8) * load<f64>(at, 8));
  }
  const floor = (floorShare * sum) / <f64>(bins - 2);
  for (let at = spectrum + 16; at < end; at += 16) {
    const re = load<f64>(at);
    const im = load<f64>(at, 8);
    const magnitude = max(sqrt(re * re + im * im), floor);
    const gain: f64 = magnitude == 0 ? 0 : 1 / magnitude;
    store<f64>(at, re * gain);
    store<f64>(at, im * gain, 8);
  }
  v128.store(spectrum, v128.splat<f64>(0));
  v128.store(end, v128.splat<f64>(0));
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
