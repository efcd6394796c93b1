// The bearing detector on the recordings of Case Western Reserve University and of MFPT: right,
// wrong and cannot-tell for each grade, with what was tuned on what.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Measurement, notRun } from "./harness.ts";

const DATA = resolve(import.meta.dirname, "../../shared/data");

export async function* lines(): AsyncIterable<Measurement> {
  for (const set of ["cwru", "mfpt"]) {
    const line = { line: `${set}: right`, unit: "1", better: "higher", goal: 1 } as const;
    const absent = `../shared/data/${set} is not here`;
    yield notRun(line, existsSync(resolve(DATA, set)) ? "no detector is built yet" : absent);
  }
}
