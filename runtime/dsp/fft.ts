// The real Fourier transform that everything spectral stands on: one object per size and precision,
// with its own part of a memory, so that a transform allocates nothing. The passes are
// fft-kernel.as.

import assert from "node:assert/strict";
import { placeFft, writeTwiddles } from "./fft-memory.ts";

/** Sizes are powers of two between these. */
export const FFT_SIZE_MIN = 16;
export const FFT_SIZE_MAX = 2 ** 20;

/**
 * A transform of `size` real samples. Write `samples`, call `forward`, read `spectrum`; or write
 * `spectrum`, call `inverse`, read `samples`. Both arrays stay the same objects for life.
 */
export interface RealFft<Samples extends Float32Array | Float64Array = Float64Array> {
  readonly size: number;
  /** `size` real samples. `forward` leaves them as they are. */
  readonly samples: Samples;
  /**
   * size ÷ 2 + 1 complex bins from 0 to the Nyquist frequency, each real then imaginary:
   * X[k] = Σ x[n]·exp(−2πi·k·n ÷ size), without any scaling. `inverse` may overwrite it.
   */
  readonly spectrum: Samples;
  forward(): void;
  /** The inverse, scaled by 1 ÷ size, so that it undoes `forward`. */
  inverse(): void;
}

export function isFftSize(size: number): boolean {
  return size >= FFT_SIZE_MIN && size <= FFT_SIZE_MAX && Number.isInteger(Math.log2(size));
}

/** A transform in double precision, errors about 1e-15 of the largest bin. */
export function realFft64(size: number): RealFft<Float64Array> {
  assert(isFftSize(size), "the size of a transform is a power of two");
  const { arena, layout } = placeFft(size, Float64Array.BYTES_PER_ELEMENT);
  const { passes, buffer } = arena;
  const { samples, spectrum, scratch, twiddles, bytes } = layout;
  writeTwiddles(new Float64Array(buffer, twiddles, 1.5 * size), size, 2);
  return {
    size,
    samples: new Float64Array(buffer, samples, size),
    spectrum: new Float64Array(buffer, spectrum, size + 2),
    forward: () => passes.forward64(samples, scratch, spectrum, twiddles, bytes),
    inverse: () => passes.inverse64(samples, scratch, spectrum, twiddles, bytes),
  };
}

/** A transform in single precision, errors about 2e-7 of the largest bin. */
export function realFft32(size: number): RealFft<Float32Array> {
  assert(isFftSize(size), "the size of a transform is a power of two");
  if (size < SINGLE_SIZE_MIN) return smallFft(size);
  const { arena, layout } = placeFft(size, Float32Array.BYTES_PER_ELEMENT);
  const { passes, buffer } = arena;
  const { samples, spectrum, scratch, twiddles, bytes } = layout;
  writeTwiddles(new Float32Array(buffer, twiddles, 1.5 * size), size, 4);
  return {
    size,
    samples: new Float32Array(buffer, samples, size),
    spectrum: new Float32Array(buffer, spectrum, size + 2),
    forward: () => passes.forward32(samples, scratch, spectrum, twiddles, bytes),
    inverse: () => passes.inverse32(samples, scratch, spectrum, twiddles, bytes),
  };
}

/** With fewer samples the first pass has no full vector of single numbers. */
const SINGLE_SIZE_MIN = 32;

/** The size that the kernel has in double precision alone. */
function smallFft(size: number): RealFft<Float32Array> {
  const double = realFft64(size);
  const samples = new Float32Array(size);
  const spectrum = new Float32Array(size + 2);
  return {
    size,
    samples,
    spectrum,
    forward() {
      double.samples.set(samples);
      double.forward();
      spectrum.set(double.spectrum);
    },
    inverse() {
      double.spectrum.set(spectrum);
      double.inverse();
      samples.set(double.samples);
    },
  };
}
