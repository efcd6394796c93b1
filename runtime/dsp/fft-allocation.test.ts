// The allocation budget of the transforms: one per window and channel, for years.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { realFft32, realFft64 } from "./fft.ts";

const SIZE = 1_024;
const TRANSFORMS = 20_000;
/** One boxed number takes 16 bytes: one per transform fails, the loop around does not. */
const BYTES_PER_TRANSFORM_MAX = 8;
/** The least of several rounds: what else lives in this process allocates in some of them only. */
const ROUNDS = 5;

test.each([
  { name: "single", fft: realFft32(SIZE) },
  { name: "double", fft: realFft64(SIZE) },
])("a transform in $name precision allocates nothing, there and back", ({ fft }) => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const transform = () => {
    for (let count = 0; count < TRANSFORMS; count++) {
      fft.samples[0] = count;
      fft.forward();
      fft.inverse();
    }
  };
  transform();
  let leastBytes = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    collect();
    const before = process.memoryUsage().heapUsed;
    transform();
    leastBytes = Math.min(leastBytes, process.memoryUsage().heapUsed - before);
  }
  expect(leastBytes / TRANSFORMS).toBeLessThan(BYTES_PER_TRANSFORM_MAX);
});
