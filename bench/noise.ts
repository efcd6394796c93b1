// Compares a piece of work with itself: how far the ratio is from 1 says how much the other
// benchmarks' ratios mean on this machine, at this hour.

import { type Benchmark, compare, perSecond } from "./harness.ts";

const NUMBERS = 200_000;

function sortOnce(): Promise<number> {
  const numbers = new Float64Array(NUMBERS);
  // A fixed scramble: both sides sort the same numbers.
  for (let index = 0; index < NUMBERS; index++) numbers[index] = Math.imul(index, 0x9e3779b1);
  return perSecond(NUMBERS, () => numbers.sort());
}

export const noise: Benchmark = {
  name: "noise",
  summary: "one piece of work beside itself: what a ratio means on this machine",
  async *lines() {
    yield await compare({
      line: "numbers sorted per second",
      unit: "/s",
      better: "higher",
      goal: 0.9,
      ours: sortOnce,
      peer: { name: "the same work", run: sortOnce },
    });
  },
};
