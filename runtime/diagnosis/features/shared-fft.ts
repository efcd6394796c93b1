// One transform per size for all channels of a thread: they are used one after the other, and a
// transform of a long window is the largest memory of a feature set.

import { type RealFft, realFft64 } from "../../dsp/fft.ts";

/** Sizes are powers of two up to FFT_SIZE_MAX, so there are never more than 17 of them. */
const transforms = new Map<number, RealFft<Float64Array>>();

/** The transform of this size. Nobody keeps anything in it from call to call. */
export function sharedFft(size: number): RealFft<Float64Array> {
  let transform = transforms.get(size);
  if (transform === undefined) {
    transform = realFft64(size);
    transforms.set(size, transform);
  }
  return transform;
}
