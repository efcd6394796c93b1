// The allocation budgets: a window of samples is never copied to new memory, and a slow sample
// costs none at all, so that ten years of them never wake the garbage collector for long.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { featureSetOf } from "./feature-set.ts";
import { SLOW_FEATURES, slowFeatureOf } from "./slow.ts";
import { at, channelOf, waveOf } from "./test-rig.ts";

/** The least of several rounds: what else lives in this process allocates in some of them only. */
const ROUNDS = 5;

function bytesPerCall(calls: number, call: (index: number) => void): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  let index = 0;
  const feed = () => {
    for (const end = index + calls; index < end; index++) call(index);
  };
  feed();
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    collect();
    const before = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    feed();
    const after = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    least = Math.min(least, after - before);
  }
  return least / calls;
}

test.each(["acceleration", "displacement", "current"] as const)(
  "a window of %s costs some numbers, whatever its length",
  (quantity) => {
    const unit = { acceleration: "[g]", displacement: "um", current: "A" }[quantity];
    const channel = channelOf({ quantity, unit, rate: 4_096, polePairs: 2 });
    const samples = waveOf(channel, [[1, 50]]);
    const set = featureSetOf(channel);
    const values = new Float64Array(set.features.length);
    const circumstances = at(24.5);
    // The samples alone take 16 kB.
    const bytes = bytesPerCall(100, () => set.compute(samples, 4_096, circumstances, values));
    expect(bytes).toBeLessThan(4_096);
  },
);

test.each([...SLOW_FEATURES, "ratio"] as const)("a sample of %s allocates nothing", (kind) => {
  const feature = slowFeatureOf({ kind, overMs: 3_600_000, staleMs: [5_000, 5_000] });
  const bytes = bytesPerCall(10_000, (index) => feature.good(index & 1, index % 7, 1_000 * index));
  // A boxed number takes 16 bytes: two are the instant and the result that cross the call.
  expect(bytes).toBeLessThan(64);
});
