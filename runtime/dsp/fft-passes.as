// The passes of the complex transform: each reads with one stride and writes with another. Part of
// fft-kernel.as, which says what they do together.

import {
  timesRe,
  timesIm,
  evens,
  odds,
  storeBlock,
  storeAcross,
  BLOCK,
  IMAGINARY,
} from "./fft-vectors";

/** Vectors of w, w² and w³, each real and imaginary. */
const TWIDDLE_BLOCK: usize = 96;

/** Reads interleaved numbers, whose transforms of a quarter of the length it leaves to do. */
export function firstPass<T>(from: usize, to: usize, twiddles: usize, quarter: usize): void {
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
export function middlePass<T>(
  from: usize, to: usize, twiddles: usize, quarter: usize, run: usize,
): void {
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
export function lastPassOf2<T>(from: usize, to: usize, half: usize, exchange: bool): void {
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
export function lastPassOf4<T>(from: usize, to: usize, quarter: usize, exchange: bool): void {
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
export function lastPassOf8<T>(from: usize, to: usize, eighth: usize, exchange: bool): void {
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
