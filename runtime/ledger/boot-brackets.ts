// Where a boot without a synchronised clock lies in wall time: after the boot before it, before the
// boot after it, not before a witness's signature that it has seen, and, where all this allows it,
// where a clock that nobody vouches for says.

import type { TimeQuality } from "../signal/instant.ts";

export type BootTimes =
  | { readonly kind: "sure"; readonly start: number; readonly end: number }
  | {
      readonly kind: "unsure";
      readonly lengthMs: number;
      /** The earliest start that a witness's signature allows. */
      readonly notBefore: number | null;
      /** The start by an informative clock. */
      readonly informed: {
        readonly start: number;
        readonly errorMs: number | null;
        readonly quality: TimeQuality;
      } | null;
    };

/** How a boot's own timeline, which begins at 0, becomes wall time. */
export interface Believed {
  readonly offset: number | null;
  readonly quality: TimeQuality;
  readonly errorMs: number | null;
}

export function believe(boots: readonly BootTimes[]): readonly Believed[] {
  const latest = latestStarts(boots);
  /** Where the boot before has ended as placed, and where it cannot have ended earlier. */
  let ended: number | null = null;
  let endedAtLeast: number | null = null;
  return boots.map((boot, position): Believed => {
    if (boot.kind === "sure") {
      ended = boot.end;
      endedAtLeast = boot.end;
      return { offset: boot.start, quality: "S", errorMs: 0 };
    }
    const low = largest(endedAtLeast, boot.notBefore);
    const believed = place(boot, largest(ended, low), { low, high: latest[position]! });
    if (believed.offset !== null) ended = believed.offset + boot.lengthMs;
    if (low !== null) endedAtLeast = low + boot.lengthMs;
    return believed;
  });
}

/** The latest start of each boot, by those after it that are sure. */
function latestStarts(boots: readonly BootTimes[]): readonly (number | null)[] {
  const latest: (number | null)[] = [];
  let begins: number | null = null;
  for (let position = boots.length - 1; position >= 0; position--) {
    const boot = boots[position]!;
    if (boot.kind === "sure") begins = boot.start;
    else if (begins !== null) begins -= boot.lengthMs;
    latest[position] = begins;
  }
  return latest;
}

/** @param after where what comes before has been placed; `low` and `high` are certain. */
function place(
  { informed }: Extract<BootTimes, { kind: "unsure" }>,
  after: number | null,
  { low, high }: { readonly low: number | null; readonly high: number | null },
): Believed {
  const isPossible =
    informed !== null &&
    (after === null || informed.start >= after) &&
    (high === null || informed.start <= high);
  const boundOf = (start: number) => {
    return low === null || high === null ? null : Math.max(start - low, high - start);
  };
  if (isPossible) {
    const { start, quality, errorMs } = informed;
    return { offset: start, quality, errorMs: smallest(errorMs, boundOf(start)) };
  }
  if (after !== null && low !== null && high !== null && high >= after) {
    // In the middle, and not before what was placed before it.
    const start = Math.max(after, low + Math.floor((high - low) / 2));
    return { offset: start, quality: "R", errorMs: boundOf(start) };
  }
  return { offset: after ?? high, quality: "U", errorMs: null };
}

function largest(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.max(one, other);
}

function smallest(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
