// One transform per size for all channels of a thread: they are used one after the other, and a
// transform of a long window is the largest memory of a feature set.

import { FFT_SIZE_MIN, type RealFft, realFft64 } from "../../dsp/fft.ts";

/** Sizes are powers of two, so there are never more than 17 of them here. */
const transforms = new Map<number, RealFft>();

/** The transform that holds so many samples. Nobody keeps anything in it from call to call. */
export function sharedFft(samplesMin: number): RealFft {
  const size = Math.max(FFT_SIZE_MIN, 2 ** Math.ceil(Math.log2(samplesMin)));
  let transform = transforms.get(size);
  if (transform === undefined) {
    transform = realFft64(size);
    transforms.set(size, transform);
  }
  return transform;
}
