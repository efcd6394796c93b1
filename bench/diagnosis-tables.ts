// What `telltale detect` says about tables that nobody here made: NAB (one value) and SKAB (eight).
// Each set that is not beside the repository is reported as not run.

import { recordingsFolder } from "../runtime/testing/recordings.ts";
import { type Measurement, notRun } from "./harness.ts";
import { nabLines } from "./nab/nab.ts";
import { skabLines } from "./skab/skab.ts";

const SETS = [
  { name: "NAB", folder: "nab", measure: nabLines },
  { name: "SKAB valve1", folder: "skab", measure: skabLines },
] as const;

export async function* lines(): AsyncGenerator<Measurement> {
  for (const { name, folder, measure } of SETS) {
    const path = recordingsFolder(folder);
    if (path !== null) yield* measure(path);
    else {
      const of = { line: name, unit: "1", better: "higher", goal: 0 } as const;
      yield notRun(of, `../shared/data/${folder} is not here`);
    }
  }
}
