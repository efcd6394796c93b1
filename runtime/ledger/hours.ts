// What the machine did, in pieces of time that each have one state, one day and one shift. Between
// two leaves all time is in the earlier one's state, so the pieces are exact; each millisecond of
// the registers is in exactly one piece, whatever the clocks said.

import type { TimeQuality } from "../signal/instant.ts";
import {
  COUNT_REGISTERS,
  type CountRegister,
  type OperatingMode,
  STATE_REGISTERS,
  USAGE_STATES,
  type UsageState,
} from "../usage/usage-state.ts";
import { type Dating, type Listed, lengthBetween } from "./dating.ts";
import type { Leaf, LeaseState } from "./leaf.ts";
import type { LocalTime } from "./local-time.ts";

/** Time of one kind between two leaves. */
export interface Piece {
  readonly ms: number;
  readonly state: UsageState;
  readonly mode: OperatingMode;
  readonly overload: boolean;
  /** Its beginning in wall time, and the local day and shift that this falls into. */
  readonly utc: number;
  readonly day: number;
  readonly shift: string;
  /** Where its wall time is not sure: the shifts that it may belong to. */
  readonly shiftsPossible: readonly string[];
  readonly quality: TimeQuality;
  /** The clock step that makes its place in the calendar doubtful, if one does. */
  readonly step?: number;
  readonly lease: { readonly id: string; readonly state: LeaseState } | undefined;
}

/** What happened at the end of the time between two leaves. */
export interface Events {
  readonly utc: number;
  readonly day: number;
  readonly shift: string;
  readonly counts: Partial<Record<CountRegister, number>>;
  readonly lease: Piece["lease"];
}

/** Two leaves that follow each other, as far as the statement holds them. */
export interface Interval {
  readonly from: Listed;
  readonly to: Listed;
  readonly fromDating: Dating;
  readonly toDating: Dating;
}

export function intervalsOf(
  listed: readonly Listed[],
  datings: readonly Dating[],
): readonly Interval[] {
  return listed.slice(1).map((to, index) => ({
    from: listed[index]!,
    to,
    fromDating: datings[index]!,
    toDating: datings[index + 1]!,
  }));
}

/** Consecutive milliseconds of the registers, in the order in which they were counted. */
interface Stretch {
  readonly ms: number;
  readonly state: UsageState;
  readonly mode: OperatingMode;
  readonly overload: boolean;
  /** Whether only its amount is known, and its place merely lies between the two leaves. */
  readonly isAnywhere: boolean;
}

/**
 * The time between two leaves. One state has moved, as a rule; after a cut the rest is UNKNOWN.
 * Where leaves are missing several have, and nobody knows in which order.
 */
function stretchesOf(from: Leaf, to: Leaf): readonly Stretch[] {
  const moved = USAGE_STATES.map((state, index) => {
    const register = STATE_REGISTERS[index]!;
    return { state, ms: Math.max(0, to.regs[register] - from.regs[register]) };
  }).filter(({ ms }) => ms > 0);
  const isOrdered = moved.every(({ state }) => state === from.st || state === "UNKNOWN");
  const rank = (state: UsageState) => {
    if (state === from.st) return -1;
    return state === "UNKNOWN" ? USAGE_STATES.length : USAGE_STATES.indexOf(state);
  };
  moved.sort((one, other) => rank(one.state) - rank(other.state));
  const totalMs = moved.reduce((sum, { ms }) => sum + ms, 0);
  const overload = overlay(to.regs.overload - from.regs.overload, totalMs, from.ovl);
  const maintenance = overlay(
    to.regs.maintenance - from.regs.maintenance,
    totalMs,
    from.mode === "Maintenance",
  );
  const otherMode = from.mode === "Maintenance" ? "None" : from.mode;
  const stretches: Stretch[] = [];
  let at = 0;
  for (const { state, ms } of moved) {
    const end = at + ms;
    while (at < end) {
      const until = [...overload, ...maintenance].filter((edge) => edge > at && edge < end);
      const next = Math.min(end, ...until);
      stretches.push({
        ms: next - at,
        state,
        mode: at >= maintenance[0] && at < maintenance[1] ? "Maintenance" : otherMode,
        overload: at >= overload[0] && at < overload[1],
        isAnywhere: !isOrdered,
      });
      at = next;
    }
  }
  return stretches;
}

/**
 * Where a register that lies across the states has moved: first if it did so already, else last.
 */
function overlay(movedMs: number, totalMs: number, isFirst: boolean): readonly [number, number] {
  const ms = Math.min(Math.max(0, movedMs), totalMs);
  return isFirst ? [0, ms] : [totalMs - ms, totalMs];
}

/** From inclusive, to exclusive. */
interface Window {
  readonly from: number;
  readonly to: number;
}

/**
 * The pieces between two leaves, cut at the ends of the window, and in it where the local day or
 * shift changes; none where nothing dates them.
 */
export function piecesOf(
  { from, to, fromDating, toDating }: Interval,
  local: LocalTime,
  window: Window,
): readonly Piece[] {
  if (fromDating.utc === null || toDating.utc === null) return [];
  const { utc: start, quality, step } = fromDating;
  // The later leaf's own date ends the time before it: two clocks that differ by a moment neither
  // count a moment twice nor lose one where a statement ends and the next begins.
  const end = toDating.utc;
  const lengthMs = lengthBetween(from.leaf, to.leaf);
  const pieces: Piece[] = [];
  let at = 0;
  for (const { ms, state, mode, overload, isAnywhere } of stretchesOf(from.leaf, to.leaf)) {
    const errorMs = isAnywhere
      ? widened(fromDating.errorMs, lengthMs, end - start)
      : fromDating.errorMs;
    const isSure = quality === "S" && !isAnywhere;
    const stretchEnd = at + ms;
    while (at < stretchEnd) {
      const utc = readingAt(start, end, at);
      const next = nextCut(utc, local, isSure ? 0 : errorMs, window);
      const length = next < end ? Math.min(stretchEnd, next - start) - at : stretchEnd - at;
      pieces.push({
        ms: length,
        state,
        mode,
        overload,
        utc,
        day: local.dayAt(utc),
        shift: local.shiftAt(utc),
        shiftsPossible: isSure ? [local.shiftAt(utc)] : local.shiftsNear(utc, errorMs),
        quality: isSure ? "S" : quality === "S" ? "R" : quality,
        ...(step !== undefined && { step }),
        lease: from.leaf.lease,
      });
      at += length;
    }
  }
  return pieces;
}

function widened(errorMs: number | null, lengthMs: number, wallMs: number): number | null {
  return errorMs === null ? null : errorMs + Math.max(lengthMs, wallMs);
}

/** Wall time so long after the earlier leaf, but before the later one. */
function readingAt(start: number, end: number, at: number): number {
  return Math.min(start + at, Math.max(start, end - 1));
}

/** The next instant after which something can be different: for an unsure time also near edges. */
function nextCut(utc: number, local: LocalTime, errorMs: number | null, window: Window): number {
  // Outside the window nobody asks for days, and there can be a great many.
  if (utc < window.from) return window.from;
  if (utc >= window.to) return Number.POSITIVE_INFINITY;
  let next = local.nextEdge(utc);
  if (errorMs !== null && errorMs > 0) {
    const early = local.nextEdge(utc - errorMs) + errorMs;
    next = Math.min(next, early, local.nextEdge(utc + errorMs) - errorMs);
  }
  return Math.min(next, window.to);
}

/** What was counted between two leaves: it belongs to the instant of the later one. */
export function eventsOf({ from, to, toDating }: Interval, local: LocalTime): Events | null {
  const { utc } = toDating;
  if (utc === null) return null;
  const counts: Partial<Record<CountRegister, number>> = {};
  let isAny = false;
  for (const name of COUNT_REGISTERS) {
    const moved = to.leaf.regs[name] - from.leaf.regs[name];
    if (moved <= 0) continue;
    counts[name] = moved;
    isAny = true;
  }
  if (!isAny) return null;
  const day = local.dayAt(utc);
  return { utc, day, shift: local.shiftAt(utc), counts, lease: from.leaf.lease };
}
