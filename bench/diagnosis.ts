// What the diagnosis says about recordings that nobody here made, set by set. Each part stands in a
// file of its own beside this one, so that the folder of recordings may lack any of them.

import type { Benchmark, Measurement } from "./harness.ts";

interface Part {
  lines(): AsyncIterable<Measurement>;
}

/** In the order in which they are shown; each is loaded when its turn comes. */
const PARTS: readonly (() => Promise<Part>)[] = [
  () => import("./diagnosis-bearings.ts"),
  () => import("./diagnosis-life.ts"),
  () => import("./diagnosis-tables.ts"),
];

export const diagnosis: Benchmark = {
  name: "diagnosis",
  summary: "what the diagnosis says about recordings: bearings, lives, tables",
  async *lines() {
    for (const load of PARTS) yield* (await load()).lines();
  },
};
