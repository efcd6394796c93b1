// How good the evidence of a period is: how well its time is known, what was not observed, what a
// cut may have taken, and by which code and configuration it was counted.

import type { Account } from "./account.ts";
import type { Leaf } from "./leaf.ts";
import type { StatementFigures } from "./statement.ts";

export function qualityOf(account: Account): StatementFigures["quality"] {
  const { pieces } = account;
  const byTime = { S: 0, R: 0, I: 0, U: 0 };
  let observedMs = 0;
  let unknownMs = 0;
  for (const { ms, quality, state } of pieces) {
    byTime[quality] += ms;
    observedMs += ms;
    if (state === "UNKNOWN") unknownMs += ms;
  }
  const leaves = leavesIn(account);
  const count = (isCounted: (leaf: Leaf) => boolean) => leaves.filter(isCounted).length;
  const counting = countingLeaves(account);
  const recoveries = leaves.flatMap((leaf) => (leaf.typ === "RECOVERY" ? [leaf.d] : []));
  const substitutes = leaves.flatMap((leaf) =>
    leaf.typ === "RECONCILE" ? [leaf.d.substituteMs ?? 0] : [],
  );
  return {
    byTime,
    observedMs,
    unknownMs,
    gaps: count(({ typ }) => typ === "GAP" || typ === "RECOVERY" || typ === "LAPSE"),
    lossBoundMs: recoveries.reduce((sum, { lossBoundMs }) => sum + lossBoundMs, 0),
    conflicts: count((leaf) => leaf.typ === "CONFLICT" && leaf.d.state === "began"),
    timeSteps: count(({ typ }) => typ === "TIME_STEP"),
    substitutedMs: substitutes.reduce((sum, ms) => sum + ms, 0),
    configurations: [...new Set(counting.map(({ cfg }) => cfg))].sort(),
    software: [...new Set(counting.map(({ sw }) => sw))].sort(),
  };
}

/** Leaves that are dated in the period. */
function leavesIn({ listed, dates, input }: Account): readonly Leaf[] {
  const { from, to } = input.period;
  return listed.flatMap(({ leaf, index }, position) => {
    const utc = dates[position]!;
    return utc !== null && index >= input.firstIndex && utc >= from && utc < to ? [leaf] : [];
  });
}

/** Leaves that were in force in the period: those in it, and the last before it. */
function countingLeaves({ listed, dates, input }: Account): readonly Leaf[] {
  const { from, to } = input.period;
  return listed.flatMap(({ leaf, index }, position) => {
    if (index < input.firstIndex) return [];
    const utc = dates[position]!;
    const until = dates[position + 1] ?? null;
    return utc !== null && utc < to && (utc >= from || (until !== null && until > from))
      ? [leaf]
      : [];
  });
}
