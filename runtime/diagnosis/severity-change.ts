// Criterion II of ISO 20816: a vibration that has changed against its own baseline is looked at,
// whatever its zone. A learned baseline of the one value that the zone is judged by, whose limit is
// the standard's and not a matter of scatter.

import type { BaselineOptions } from "./baseline/baseline.ts";
import { BASELINE_SETTINGS } from "./baseline/settings.ts";
import { MEASURE_SUFFIX } from "./gathering.ts";
import type { SeverityLimits } from "./severity.ts";
import { CHANGE_SHARE } from "./severity-table.ts";

const { slackSpreads } = BASELINE_SETTINGS;

const UNIT_OF: Readonly<Record<SeverityLimits["measure"], string>> = {
  velocityRms: "mm/s",
  displacementRms: "um",
  displacementPeakToPeak: "um",
};

/**
 * Evidence begins where the standard says that a change matters, up or down; where the usual value
 * scatters itself, by as much later. The reference is what was learned: it neither adapts nor
 * follows a restart, else a change could come in steps that are each too small.
 */
export function severityChange({ measure, boundaries }: SeverityLimits): BaselineOptions {
  const spreadLeast = (CHANGE_SHARE * boundaries[1]) / slackSpreads;
  const [name, unit] = [MEASURE_SUFFIX[measure], UNIT_OF[measure]];
  return {
    features: [{ name, unit, scale: "linear", departs: "both", spreadLeast }],
    settings: {
      ...BASELINE_SETTINGS,
      // A trend is no shorter way to an alarm below the standard's limit.
      trendSpreads: slackSpreads,
      adaptionMostSpreads: 0,
      restartMostSpreads: 0,
    },
  };
}
