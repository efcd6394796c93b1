// What `npm run hil` hands to the process that runs the suite, and what each scenario leaves for
// the report.

import type { PlaceName } from "./place.ts";
import type { Effort } from "./scenario.ts";

export interface RunOptions {
  readonly place: PlaceName;
  readonly seed: number;
  readonly effort: Effort;
  /** Only the scenarios of this driver; all where it is null. */
  readonly only: string | null;
  /** When the run has to be over, in milliseconds since 1970; what is left then is not run. */
  readonly endsAt: number | null;
  /** Only the scenarios whose name contains it. */
  readonly name: string;
}

export interface ScenarioMeta {
  driver: string;
  figures: Record<string, string | number>;
  versions: Readonly<Record<string, string>>;
}

declare module "vitest" {
  interface ProvidedContext {
    hil: RunOptions;
  }
  interface TaskMeta {
    hil?: ScenarioMeta;
  }
}
