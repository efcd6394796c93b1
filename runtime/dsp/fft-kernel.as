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

const BLOCK: usize = 32;
const IMAGINARY: usize = 16;
/** Vectors of w, w² and w³, each real and imaginary. */
const TWIDDLE_BLOCK: usize = 96;

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

/**
 * Transforms `frames` windowed stretches, `hop` bytes apart, and adds to each bin |X|² and |X|⁴. Both
 * sums have room for one bin more than the spectrum.
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
function select(from: usize, to: usize, first: i32, last: i32, bytes: usize, turned: bool): void {
  memory.fill(to, 0, bytes + IMAGINARY);
  const flip = v128(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -128);
  const end = (<usize>last + 1) << 4;
  for (let at: usize = <usize>first << 4; at < end; at += 16) {
    let bin = v128.load(from + at);
    if (turned) bin = v128.xor(v128.shuffle<f64>(bin, bin, 1, 0), flip);
    v128.store(to + at, bin);
  }
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

/** Reads interleaved numbers, whose transforms of a quarter of the length it leaves to do. */
function firstPass<T>(from: usize, to: usize, twiddles: usize, quarter: usize): void {
  const end = from + quarter;
  while (from < end) {
    const at1 = from + quarter;
    const at2 = at1 + quarter;
    const at3 = at2 + quarter;
    const a0 = v128.load(from);
    const a1 = v128.load(from, IMAGINARY);
    const c0 = v128.load(at2);
    const c1 = v128.load(at2, IMAGINARY);
    const aRe = evens<T>(a0, a1);
    const aIm = odds<T>(a0, a1);
    const cRe = evens<T>(c0, c1);
    const cIm = odds<T>(c0, c1);
    const acSumRe = v128.add<T>(aRe, cRe);
    const acSumIm = v128.add<T>(aIm, cIm);
    const acDifRe = v128.sub<T>(aRe, cRe);
    const acDifIm = v128.sub<T>(aIm, cIm);
    const b0 = v128.load(at1);
    const b1 = v128.load(at1, IMAGINARY);
    const d0 = v128.load(at3);
    const d1 = v128.load(at3, IMAGINARY);
    const bRe = evens<T>(b0, b1);
    const bIm = odds<T>(b0, b1);
    const dRe = evens<T>(d0, d1);
    const dIm = odds<T>(d0, d1);
    const bdSumRe = v128.add<T>(bRe, dRe);
    const bdSumIm = v128.add<T>(bIm, dIm);
    const bdDifRe = v128.sub<T>(bRe, dRe);
    const bdDifIm = v128.sub<T>(bIm, dIm);
    const y0Re = v128.add<T>(acSumRe, bdSumRe);
    const y0Im = v128.add<T>(acSumIm, bdSumIm);
    const x1Re = v128.add<T>(acDifRe, bdDifIm);
    const x1Im = v128.sub<T>(acDifIm, bdDifRe);
    const x2Re = v128.sub<T>(acSumRe, bdSumRe);
    const x2Im = v128.sub<T>(acSumIm, bdSumIm);
    const x3Re = v128.sub<T>(acDifRe, bdDifIm);
    const x3Im = v128.add<T>(acDifIm, bdDifRe);
    const w1Re = v128.load(twiddles);
    const w1Im = v128.load(twiddles, 16);
    const y1Re = timesRe<T>(x1Re, x1Im, w1Re, w1Im);
    const y1Im = timesIm<T>(x1Re, x1Im, w1Re, w1Im);
    const w2Re = v128.load(twiddles, 32);
    const w2Im = v128.load(twiddles, 48);
    const y2Re = timesRe<T>(x2Re, x2Im, w2Re, w2Im);
    const y2Im = timesIm<T>(x2Re, x2Im, w2Re, w2Im);
    const w3Re = v128.load(twiddles, 64);
    const w3Im = v128.load(twiddles, 80);
    const y3Re = timesRe<T>(x3Re, x3Im, w3Re, w3Im);
    const y3Im = timesIm<T>(x3Re, x3Im, w3Re, w3Im);
    storeAcross<T>(to, y0Re, y1Re, y2Re, y3Re);
    storeAcross<T>(to + IMAGINARY, y0Im, y1Im, y2Im, y3Im);
    from += BLOCK;
    to += 4 * BLOCK;
    twiddles += TWIDDLE_BLOCK;
  }
}

/** `run` is how many bytes have the same twiddle factors. */
function middlePass<T>(from: usize, to: usize, twiddles: usize, quarter: usize, run: usize): void {
  const end = from + quarter;
  while (from < end) {
    const w1Re = v128.load_splat<T>(twiddles);
    const w1Im = v128.load_splat<T>(twiddles, sizeof<T>());
    const w2Re = v128.load_splat<T>(twiddles, 2 * sizeof<T>());
    const w2Im = v128.load_splat<T>(twiddles, 3 * sizeof<T>());
    const w3Re = v128.load_splat<T>(twiddles, 4 * sizeof<T>());
    const w3Im = v128.load_splat<T>(twiddles, 5 * sizeof<T>());
    const runEnd = from + run;
    while (from < runEnd) {
      const at1 = from + quarter;
      const at2 = at1 + quarter;
      const at3 = at2 + quarter;
      const aRe = v128.load(from);
      const aIm = v128.load(from, IMAGINARY);
      const cRe = v128.load(at2);
      const cIm = v128.load(at2, IMAGINARY);
      const acSumRe = v128.add<T>(aRe, cRe);
      const acSumIm = v128.add<T>(aIm, cIm);
      const acDifRe = v128.sub<T>(aRe, cRe);
      const acDifIm = v128.sub<T>(aIm, cIm);
      const bRe = v128.load(at1);
      const bIm = v128.load(at1, IMAGINARY);
      const dRe = v128.load(at3);
      const dIm = v128.load(at3, IMAGINARY);
      const bdSumRe = v128.add<T>(bRe, dRe);
      const bdSumIm = v128.add<T>(bIm, dIm);
      const bdDifRe = v128.sub<T>(bRe, dRe);
      const bdDifIm = v128.sub<T>(bIm, dIm);
      v128.store(to, v128.add<T>(acSumRe, bdSumRe));
      v128.store(to, v128.add<T>(acSumIm, bdSumIm), IMAGINARY);
      const to1 = to + run;
      const x1Re = v128.add<T>(acDifRe, bdDifIm);
      const x1Im = v128.sub<T>(acDifIm, bdDifRe);
      v128.store(to1, timesRe<T>(x1Re, x1Im, w1Re, w1Im));
      v128.store(to1, timesIm<T>(x1Re, x1Im, w1Re, w1Im), IMAGINARY);
      const to2 = to1 + run;
      const x2Re = v128.sub<T>(acSumRe, bdSumRe);
      const x2Im = v128.sub<T>(acSumIm, bdSumIm);
      v128.store(to2, timesRe<T>(x2Re, x2Im, w2Re, w2Im));
      v128.store(to2, timesIm<T>(x2Re, x2Im, w2Re, w2Im), IMAGINARY);
      const to3 = to2 + run;
      const x3Re = v128.sub<T>(acDifRe, bdDifIm);
      const x3Im = v128.add<T>(acDifIm, bdDifRe);
      v128.store(to3, timesRe<T>(x3Re, x3Im, w3Re, w3Im));
      v128.store(to3, timesIm<T>(x3Re, x3Im, w3Re, w3Im), IMAGINARY);
      from += BLOCK;
      to += BLOCK;
    }
    to += 3 * run;
    twiddles += 6 * sizeof<T>();
  }
}

/** For the smallest size alone: pairs that lie half apart, and so do their results. */
@inline
function lastPassOf2<T>(from: usize, to: usize, half: usize, exchange: bool): void {
  const end = from + half;
  while (from < end) {
    const aRe = v128.load(from);
    const aIm = v128.load(from, IMAGINARY);
    const bRe = v128.load(from + half);
    const bIm = v128.load(from + half, IMAGINARY);
    storeBlock<T>(to, v128.add<T>(aRe, bRe), v128.add<T>(aIm, bIm), exchange);
    storeBlock<T>(to + half, v128.sub<T>(aRe, bRe), v128.sub<T>(aIm, bIm), exchange);
    from += BLOCK;
    to += BLOCK;
  }
}

/** Transforms of four numbers that lie a quarter apart, and so do their results. */
@inline
function lastPassOf4<T>(from: usize, to: usize, quarter: usize, exchange: bool): void {
  const end = from + quarter;
  while (from < end) {
    const at1 = from + quarter;
    const at2 = at1 + quarter;
    const at3 = at2 + quarter;
    const aRe = v128.load(from);
    const aIm = v128.load(from, IMAGINARY);
    const cRe = v128.load(at2);
    const cIm = v128.load(at2, IMAGINARY);
    const acSumRe = v128.add<T>(aRe, cRe);
    const acSumIm = v128.add<T>(aIm, cIm);
    const acDifRe = v128.sub<T>(aRe, cRe);
    const acDifIm = v128.sub<T>(aIm, cIm);
    const bRe = v128.load(at1);
    const bIm = v128.load(at1, IMAGINARY);
    const dRe = v128.load(at3);
    const dIm = v128.load(at3, IMAGINARY);
    const bdSumRe = v128.add<T>(bRe, dRe);
    const bdSumIm = v128.add<T>(bIm, dIm);
    const bdDifRe = v128.sub<T>(bRe, dRe);
    const bdDifIm = v128.sub<T>(bIm, dIm);
    const to1 = to + quarter;
    const to2 = to1 + quarter;
    const to3 = to2 + quarter;
    storeBlock<T>(to, v128.add<T>(acSumRe, bdSumRe), v128.add<T>(acSumIm, bdSumIm), exchange);
    storeBlock<T>(to1, v128.add<T>(acDifRe, bdDifIm), v128.sub<T>(acDifIm, bdDifRe), exchange);
    storeBlock<T>(to2, v128.sub<T>(acSumRe, bdSumRe), v128.sub<T>(acSumIm, bdSumIm), exchange);
    storeBlock<T>(to3, v128.sub<T>(acDifRe, bdDifIm), v128.add<T>(acDifIm, bdDifRe), exchange);
    from += BLOCK;
    to += BLOCK;
  }
}

/** Transforms of eight numbers that lie an eighth apart, and so do their results. */
@inline
function lastPassOf8<T>(from: usize, to: usize, eighth: usize, exchange: bool): void {
  const end = from + eighth;
  const half = v128.splat<T>(<T>Math.SQRT1_2);
  while (from < end) {
    const at1 = from + eighth;
    const at2 = at1 + eighth;
    const at3 = at2 + eighth;
    const at4 = at3 + eighth;
    const at5 = at4 + eighth;
    const at6 = at5 + eighth;
    const at7 = at6 + eighth;
    // Those at odd places: a, b, c, d are 1, 3, 5, 7.
    const bRe = v128.load(at3);
    const bIm = v128.load(at3, IMAGINARY);
    const dRe = v128.load(at7);
    const dIm = v128.load(at7, IMAGINARY);
    const bdSumRe = v128.add<T>(bRe, dRe);
    const bdSumIm = v128.add<T>(bIm, dIm);
    const bdDifRe = v128.sub<T>(bRe, dRe);
    const bdDifIm = v128.sub<T>(bIm, dIm);
    const aRe = v128.load(at1);
    const aIm = v128.load(at1, IMAGINARY);
    const cRe = v128.load(at5);
    const cIm = v128.load(at5, IMAGINARY);
    const acSumRe = v128.add<T>(aRe, cRe);
    const acSumIm = v128.add<T>(aIm, cIm);
    const acDifRe = v128.sub<T>(aRe, cRe);
    const acDifIm = v128.sub<T>(aIm, cIm);
    const odd0Re = v128.add<T>(acSumRe, bdSumRe);
    const odd0Im = v128.add<T>(acSumIm, bdSumIm);
    // Times −i.
    const odd2Re = v128.sub<T>(acSumIm, bdSumIm);
    const odd2Im = v128.sub<T>(bdSumRe, acSumRe);
    const x1Re = v128.add<T>(acDifRe, bdDifIm);
    const x1Im = v128.sub<T>(acDifIm, bdDifRe);
    // Times (1 − i) ÷ √2.
    const odd1Re = v128.mul<T>(v128.add<T>(x1Im, x1Re), half);
    const odd1Im = v128.mul<T>(v128.sub<T>(x1Im, x1Re), half);
    const x3Re = v128.sub<T>(acDifRe, bdDifIm);
    const x3Im = v128.add<T>(acDifIm, bdDifRe);
    // Times (1 + i) ÷ √2, which has the wrong sign: it is subtracted where others are added.
    const odd3Re = v128.mul<T>(v128.sub<T>(x3Re, x3Im), half);
    const odd3Im = v128.mul<T>(v128.add<T>(x3Re, x3Im), half);
    // Those at even places: e, f, g, h are 0, 2, 4, 6.
    const eRe = v128.load(from);
    const eIm = v128.load(from, IMAGINARY);
    const gRe = v128.load(at4);
    const gIm = v128.load(at4, IMAGINARY);
    const egSumRe = v128.add<T>(eRe, gRe);
    const egSumIm = v128.add<T>(eIm, gIm);
    const egDifRe = v128.sub<T>(eRe, gRe);
    const egDifIm = v128.sub<T>(eIm, gIm);
    const fRe = v128.load(at2);
    const fIm = v128.load(at2, IMAGINARY);
    const hRe = v128.load(at6);
    const hIm = v128.load(at6, IMAGINARY);
    const fhSumRe = v128.add<T>(fRe, hRe);
    const fhSumIm = v128.add<T>(fIm, hIm);
    const fhDifRe = v128.sub<T>(fRe, hRe);
    const fhDifIm = v128.sub<T>(fIm, hIm);
    const even0Re = v128.add<T>(egSumRe, fhSumRe);
    const even0Im = v128.add<T>(egSumIm, fhSumIm);
    const to1 = to + eighth;
    const to2 = to1 + eighth;
    const to3 = to2 + eighth;
    const to4 = to3 + eighth;
    const to5 = to4 + eighth;
    const to6 = to5 + eighth;
    const to7 = to6 + eighth;
    storeBlock<T>(to, v128.add<T>(even0Re, odd0Re), v128.add<T>(even0Im, odd0Im), exchange);
    storeBlock<T>(to4, v128.sub<T>(even0Re, odd0Re), v128.sub<T>(even0Im, odd0Im), exchange);
    const even2Re = v128.sub<T>(egSumRe, fhSumRe);
    const even2Im = v128.sub<T>(egSumIm, fhSumIm);
    storeBlock<T>(to2, v128.add<T>(even2Re, odd2Re), v128.add<T>(even2Im, odd2Im), exchange);
    storeBlock<T>(to6, v128.sub<T>(even2Re, odd2Re), v128.sub<T>(even2Im, odd2Im), exchange);
    const even1Re = v128.add<T>(egDifRe, fhDifIm);
    const even1Im = v128.sub<T>(egDifIm, fhDifRe);
    storeBlock<T>(to1, v128.add<T>(even1Re, odd1Re), v128.add<T>(even1Im, odd1Im), exchange);
    storeBlock<T>(to5, v128.sub<T>(even1Re, odd1Re), v128.sub<T>(even1Im, odd1Im), exchange);
    const even3Re = v128.sub<T>(egDifRe, fhDifIm);
    const even3Im = v128.add<T>(egDifIm, fhDifRe);
    storeBlock<T>(to3, v128.sub<T>(even3Re, odd3Re), v128.sub<T>(even3Im, odd3Im), exchange);
    storeBlock<T>(to7, v128.add<T>(even3Re, odd3Re), v128.add<T>(even3Im, odd3Im), exchange);
    from += BLOCK;
    to += BLOCK;
  }
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

@inline
function timesRe<T>(aRe: v128, aIm: v128, bRe: v128, bIm: v128): v128 {
  return v128.sub<T>(v128.mul<T>(aRe, bRe), v128.mul<T>(aIm, bIm));
}

@inline
function timesIm<T>(aRe: v128, aIm: v128, bRe: v128, bIm: v128): v128 {
  return v128.add<T>(v128.mul<T>(aRe, bIm), v128.mul<T>(aIm, bRe));
}

/** Two vectors of interleaved numbers have these real parts, */
@inline
function evens<T>(a: v128, b: v128): v128 {
  if (sizeof<T>() == 4) return v128.shuffle<f32>(a, b, 0, 2, 4, 6);
  return v128.shuffle<f64>(a, b, 0, 2);
}

/** and these imaginary ones. */
@inline
function odds<T>(a: v128, b: v128): v128 {
  if (sizeof<T>() == 4) return v128.shuffle<f32>(a, b, 1, 3, 5, 7);
  return v128.shuffle<f64>(a, b, 1, 3);
}

@inline
function reversed<T>(a: v128): v128 {
  if (sizeof<T>() == 4) return v128.shuffle<f32>(a, a, 3, 2, 1, 0);
  return v128.shuffle<f64>(a, a, 1, 0);
}

/** The first of `after`, then what stands before it, backwards. */
@inline
function mirrored<T>(before: v128, after: v128): v128 {
  if (sizeof<T>() == 4) return v128.shuffle<f32>(before, after, 4, 3, 2, 1);
  return v128.shuffle<f64>(before, after, 2, 1);
}

@inline
function storeBlock<T>(to: usize, re: v128, im: v128, exchange: bool): void {
  if (exchange) {
    storeInterleaved<T>(to, im, re);
  } else {
    v128.store(to, re);
    v128.store(to, im, IMAGINARY);
  }
}

@inline
function storeInterleaved<T>(to: usize, re: v128, im: v128): void {
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
function storeReversed<T>(to: usize, re: v128, im: v128): void {
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
function storeAcross<T>(to: usize, a: v128, b: v128, c: v128, d: v128): void {
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
