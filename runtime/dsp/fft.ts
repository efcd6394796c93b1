// The real Fourier transform that everything spectral stands on: one object per size and precision,
// with its own memory, so that a transform allocates nothing.

import assert from "node:assert/strict";

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
  return makeFft(new Float64Array(size), new Float64Array(size + 2));
}

/** A transform in single precision, errors about 2e-7 of the largest bin. */
export function realFft32(size: number): RealFft<Float32Array> {
  return makeFft(new Float32Array(size), new Float32Array(size + 2));
}

function makeFft<Samples extends Float32Array | Float64Array>(
  samples: Samples,
  spectrum: Samples,
): RealFft<Samples> {
  const size = samples.length;
  assert(isFftSize(size), "the size of a transform is a power of two");
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  return {
    size,
    samples,
    spectrum,
    forward() {
      re.set(samples);
      im.fill(0);
      transform(re, im);
      for (let bin = 0; bin <= size / 2; bin++) {
        spectrum[2 * bin] = re[bin]!;
        spectrum[2 * bin + 1] = im[bin]!;
      }
    },
    inverse() {
      for (let bin = 0; bin <= size / 2; bin++) {
        re[bin] = spectrum[2 * bin]!;
        im[bin] = -spectrum[2 * bin + 1]!;
      }
      for (let bin = 1; bin < size / 2; bin++) {
        re[size - bin] = re[bin]!;
        im[size - bin] = -im[bin]!;
      }
      transform(re, im);
      for (let index = 0; index < size; index++) samples[index] = re[index]! / size;
    },
  };
}

/** Radix-2, decimation in time, in place. */
function transform(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let index = 1, reversed = 0; index < size; index++) {
    let bit = size >> 1;
    for (; reversed & bit; bit >>= 1) reversed ^= bit;
    reversed ^= bit;
    if (index >= reversed) continue;
    const real = re[index]!;
    re[index] = re[reversed]!;
    re[reversed] = real;
    const imaginary = im[index]!;
    im[index] = im[reversed]!;
    im[reversed] = imaginary;
  }
  for (let length = 2; length <= size; length *= 2) {
    const half = length / 2;
    for (let offset = 0; offset < half; offset++) {
      const angle = (-2 * Math.PI * offset) / length;
      const wr = Math.cos(angle);
      const wi = Math.sin(angle);
      for (let at = offset; at < size; at += length) {
        const low = at + half;
        const real = re[low]! * wr - im[low]! * wi;
        const imaginary = re[low]! * wi + im[low]! * wr;
        re[low] = re[at]! - real;
        im[low] = im[at]! - imaginary;
        re[at] = re[at]! + real;
        im[at] = im[at]! + imaginary;
      }
    }
  }
}
