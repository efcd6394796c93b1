// Wall time for every leaf of a ledger. Hours are differences of the monotonic clock and need no
// wall time; but to which day and shift they belong needs it. Within a boot one good reading of the
// wall clock dates everything; a boot without any lies between its neighbours.

import type { TimeQuality } from "../signal/instant.ts";
import { observedMs } from "../usage/usage-state.ts";
import { type BootTimes, believe } from "./boot-brackets.ts";
import type { Leaf } from "./leaf.ts";

/** A leaf and its index in the ledger. */
export interface Listed {
  readonly index: number;
  readonly leaf: Leaf;
}

export interface Dating {
  /** Milliseconds since 1970, never before the leaf in front; null where nothing dates anything. */
  readonly utc: number | null;
  /** Of the time from here to the next leaf. */
  readonly quality: TimeQuality;
  /** At most so far off; null where nobody knows. */
  readonly errorMs: number | null;
  /** Index of the clock step of more than ten minutes that makes this time doubtful. */
  readonly step?: number;
}

/** What a synchronised clock is off at most, where its leaf says no bound. */
const SYNCHRONISED_ERROR_MS = 1_000;
/** Twice what a common crystal drifts, for temperature and age: 100 ppm. */
const DRIFT_DIVISOR = 10_000;
/** Further from a synchronised reading than this drift the time is only relative. */
const SYNCHRONISED_DRIFT_MS_MAX = 1_000;
/** A step of the wall clock that is longer marks the time before it. */
const STEP_MARKS_MS = 30_000;
/** A step that is longer wants the parties' assent. */
export const STEP_ASSENT_MS = 600_000;

/** A leaf on the timeline of its boot, which counts suspended time too. */
interface Point {
  readonly at: number;
  readonly leaf: Leaf;
  readonly index: number;
  /** Counts the steps of the wall clock in this boot. */
  readonly side: number;
}

interface Boot {
  readonly points: readonly Point[];
  /** From the first leaf to the last, and what was still counted after that. */
  readonly lengthMs: number;
}

interface Anchor {
  readonly at: number;
  readonly utc: number;
  readonly errorMs: number | null;
  readonly side: number;
}

/** Milliseconds from a leaf to the next listed one of its boot: what was observed, and no less. */
export function lengthBetween(one: Leaf, other: Leaf): number {
  const observed = observedBetween(one, other);
  return one.boot === other.boot ? Math.max(0, other.mono - one.mono, observed) : observed;
}

function observedBetween(one: Leaf, other: Leaf): number {
  return Math.max(0, observedMs(other.regs) - observedMs(one.regs));
}

/** @param listed in the order of their indices; some may be missing in between. */
export function dateLeaves(listed: readonly Listed[]): readonly Dating[] {
  const boots = bootsOf(listed);
  const times = boots.map(timesOf);
  const believed = believe(times);
  const dated = boots.flatMap((boot, position) => {
    const { offset, errorMs, quality } = believed[position]!;
    const sure = sureDatings(boot);
    if (sure) return sure;
    const steps = unsureSteps(boot);
    return boot.points.map(({ at }, place): Dating => {
      const utc = offset === null ? null : at + offset;
      return { utc, quality, errorMs, ...steps[place] };
    });
  });
  return inOrder(dated);
}

function bootsOf(listed: readonly Listed[]): readonly Boot[] {
  const boots: Boot[] = [];
  let points: Point[] = [];
  let at = 0;
  let side = 0;
  for (const [position, { index, leaf }] of listed.entries()) {
    // The wall clock that a step's leaf tells is the one after the step.
    if (leaf.typ === "TIME_STEP") side++;
    points.push({ at, leaf, index, side });
    const next = listed[position + 1]?.leaf;
    if (next) at += lengthBetween(leaf, next);
    if (next?.boot === leaf.boot) continue;
    boots.push({ points, lengthMs: at });
    points = [];
    at = 0;
    side = 0;
  }
  return boots;
}

/** What is known of a boot before its neighbours are asked. */
function timesOf(boot: Boot): BootTimes {
  const sure = sureDatings(boot);
  const first = boot.points[0]!;
  // A witness's clock that was read before a leaf: the boot cannot have begun earlier than that.
  let notBefore: number | null = null;
  for (const { at, leaf } of boot.points) {
    if (leaf.typ !== "COSIGNATURE") continue;
    notBefore = Math.max(notBefore ?? Number.NEGATIVE_INFINITY, leaf.d.time * 1_000 - at);
  }
  if (sure) {
    const last = boot.points.at(-1)!;
    const trailMs = boot.lengthMs - last.at;
    return { kind: "sure", start: sure[0]!.utc!, end: sure.at(-1)!.utc! + trailMs };
  }
  const informative = boot.points.find(
    ({ leaf }) => leaf.utc !== undefined && (leaf.tq === "R" || leaf.tq === "I"),
  );
  return {
    kind: "unsure",
    lengthMs: boot.lengthMs,
    notBefore,
    informed: informative
      ? {
          start: informative.leaf.utc! - informative.at + first.at,
          errorMs: informative.leaf.err ?? null,
          quality: informative.leaf.tq,
        }
      : null,
  };
}

/** By the synchronised readings of the boot itself; null where there is none. */
function sureDatings(boot: Boot): readonly Dating[] | null {
  const anchors = boot.points.flatMap(({ at, leaf, side }): Anchor[] => {
    if (leaf.utc === undefined || leaf.tq !== "S") return [];
    return [{ at, utc: leaf.utc, errorMs: leaf.err ?? SYNCHRONISED_ERROR_MS, side }];
  });
  if (anchors.length === 0) return null;
  const marks = marksOf(boot);
  let passed = 0;
  return boot.points.map((point, position): Dating => {
    while (passed < anchors.length && anchors[passed]!.at <= point.at) {
      if (anchors[passed]!.side > point.side) break;
      passed++;
    }
    const { anchor, acrossStep } = choose(point, anchors[passed - 1], anchors[passed]);
    const driftMs = Math.ceil(Math.abs(point.at - anchor.at) / DRIFT_DIVISOR);
    const mark = marks.get(position);
    const isSure = !acrossStep && mark === undefined && driftMs <= SYNCHRONISED_DRIFT_MS_MAX;
    return {
      utc: anchor.utc + point.at - anchor.at,
      quality: isSure ? "S" : "R",
      errorMs: anchor.errorMs! + driftMs + (mark?.byMs ?? 0),
      ...(mark && mark.byMs > STEP_ASSENT_MS && { step: mark.index }),
    };
  });
}

/**
 * The last reading before a leaf, so that what comes later does not move what was dated; the next
 * one only where the wall clock had not been read, or was moved since.
 */
function choose(
  point: Point,
  before: Anchor | undefined,
  after: Anchor | undefined,
): { readonly anchor: Anchor; readonly acrossStep: boolean } {
  if (before?.side === point.side) return { anchor: before, acrossStep: false };
  if (after?.side === point.side) return { anchor: after, acrossStep: false };
  return { anchor: (before ?? after)!, acrossStep: true };
}

interface Mark {
  /** By how much two readings contradict each other. */
  readonly byMs: number;
  /** The clock step between them. */
  readonly index: number;
}

/**
 * Two synchronised readings that contradict each other: one was wrong. What lies between is
 * doubtful, and what comes after, until a step leads back or the boot ends. A step from a clock
 * nobody vouched for to a synchronised one only corrects the former.
 */
function marksOf({ points }: Boot): ReadonlyMap<number, Mark> {
  const marks = new Map<number, Mark>();
  let last: { readonly position: number; readonly offset: number } | null = null;
  let step: number | null = null;
  /** How far the readings are from where the boot began, by steps alone. */
  let movedMs = 0;
  let mark: Mark | null = null;
  for (const [position, { at, leaf, index }] of points.entries()) {
    if (leaf.typ === "TIME_STEP") step = index;
    if (leaf.tq === "S" && leaf.utc !== undefined) {
      const offset = leaf.utc - at;
      const byMs: number = last === null ? 0 : offset - last.offset;
      if (last !== null && Math.abs(byMs) > STEP_MARKS_MS) {
        const between = { byMs: Math.abs(byMs), index: step ?? index };
        for (let marked = last.position; marked < position; marked++) marks.set(marked, between);
        movedMs += byMs;
        const isBack = Math.abs(movedMs) <= STEP_MARKS_MS;
        mark = isBack ? null : { byMs: Math.abs(movedMs), index: between.index };
      }
      last = { position, offset };
      step = null;
    }
    if (mark !== null) marks.set(position, mark);
  }
  return marks;
}

/** In a boot that nobody vouches for each long step makes doubtful what lies before it. */
function unsureSteps({ points }: Boot): readonly Pick<Dating, "step">[] {
  let step: Pick<Dating, "step"> = {};
  const steps: Pick<Dating, "step">[] = [];
  for (let position = points.length - 1; position >= 0; position--) {
    const { leaf, index } = points[position]!;
    steps[position] = step;
    if (leaf.typ === "TIME_STEP" && Math.abs(leaf.d.byMs) > STEP_ASSENT_MS) step = { step: index };
  }
  return steps;
}

/** Time does not run backwards: what seems to is put where the leaf before it is. */
function inOrder(datings: readonly Dating[]): readonly Dating[] {
  let latest = Number.NEGATIVE_INFINITY;
  return datings.map((dating) => {
    if (dating.utc === null || dating.utc >= latest) {
      latest = dating.utc ?? latest;
      return dating;
    }
    const movedMs = latest - dating.utc;
    const isSlight = movedMs <= SYNCHRONISED_ERROR_MS;
    const quality = dating.quality === "S" && !isSlight ? "R" : dating.quality;
    const errorMs = dating.errorMs === null ? null : dating.errorMs + movedMs;
    return { ...dating, utc: latest, quality, errorMs };
  });
}
