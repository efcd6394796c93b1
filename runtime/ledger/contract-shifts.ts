// The calendar of a contract file: its time zone and its shifts, which must not overlap on any day
// of the week, past midnight and past Sunday included.

import { type Checker, check } from "../schema/issues.ts";
import { closest } from "../schema/suggest.ts";
import type { Shift } from "./contract.ts";
import { DAYS, SHIFTS_MAX, shiftKeys, shiftName, TIME_OF_DAY } from "./contract-keys.ts";

const DAY_MINUTES = 24 * 60;
const WEEK_MINUTES = 7 * DAY_MINUTES;

/** Says it where the zone does not exist, as far as this machine's time-zone data tell. */
export function checkZone({ tree, problems }: Checker, zone: string): void {
  const path = ["zone"];
  const at = tree.at(path);
  if (/^[+-]/.test(zone)) {
    const message = `"${zone}" is an offset; name the zone, which knows its summer time`;
    problems.add(at, path, message);
    return;
  }
  const zones = Intl.supportedValuesOf("timeZone");
  // Those that are listed, and the older names that Intl takes and does not list.
  if (zones.includes(zone)) return;
  const known = isKnown(zone);
  const guess = closest(zone, zones) ?? zones.find((name) => name.split("/").at(-1) === zone);
  if (known && guess?.toLowerCase() !== zone.toLowerCase()) return;
  const hint = guess === undefined ? ", such as Europe/Berlin" : `; did you mean "${guess}"?`;
  problems.add(at, path, `"${zone}" is no time zone${hint}`);
}

function isKnown(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: zone }).format(0) !== "";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

export interface Shifts {
  /** In the file's order; those with problems are left out. */
  readonly shifts: readonly Shift[];
  /** Of all: what is wrong with a shift is said once, and not again where a rate names it. */
  readonly names: readonly string[];
}

const NONE: Shifts = { shifts: [], names: [] };

export function readShifts(checker: Checker, section: unknown): Shifts {
  const { tree, problems } = checker;
  if (section === undefined || section === null) return NONE;
  if (typeof section !== "object" || Array.isArray(section)) {
    problems.add(tree.at(["shifts"]), ["shifts"], "must be a map: a name, a colon, and its keys");
    return NONE;
  }
  const entries = Object.entries(section);
  if (entries.length > SHIFTS_MAX) {
    const message = `has ${entries.length} shifts; at most ${SHIFTS_MAX} are allowed`;
    problems.add(tree.keyAt(["shifts"]), ["shifts"], message);
    return NONE;
  }
  const shifts: Shift[] = [];
  for (const [name, entry] of entries) {
    const path = ["shifts", name];
    const named = shiftName.safeParse(name);
    if (!named.success) {
      const message = `"${name}" ${named.error.issues[0]!.message}`;
      problems.add(tree.keyAt(path), path, message);
    }
    const keys = check(checker, path, entry, shiftKeys);
    if (keys === undefined) continue;
    const shift: Shift = {
      name,
      fromMinute: minuteOf(keys.from),
      toMinute: minuteOf(keys.to),
      days: keys.days.map((day) => DAYS.indexOf(day) + 1).sort(),
    };
    const overlap = shifts.map((other) => overlapOf(other, shift)).find((found) => found !== null);
    if (overlap) problems.add(tree.keyAt(path), path, overlap);
    shifts.push(shift);
  }
  return { shifts, names: entries.map(([name]) => name) };
}

/** Midnight is 0, at the end of a day too. */
function minuteOf(time: string): number {
  const [, hours, minutes] = TIME_OF_DAY.exec(time)!;
  return hours === undefined ? 0 : Number(hours) * 60 + Number(minutes);
}

interface Interval {
  /** Minutes since Monday's midnight; `to` may lie in the week after. */
  readonly from: number;
  readonly to: number;
}

function intervalsOf({ days, fromMinute, toMinute }: Shift): readonly Interval[] {
  const length =
    toMinute > fromMinute ? toMinute - fromMinute : toMinute - fromMinute + DAY_MINUTES;
  return days.map((day) => {
    const from = (day - 1) * DAY_MINUTES + fromMinute;
    return { from, to: from + length };
  });
}

/** A sentence that names the first time in which both run; null where there is none. */
function overlapOf(one: Shift, other: Shift): string | null {
  for (const first of intervalsOf(one)) {
    for (const second of intervalsOf(other)) {
      // The week is a circle: Sunday's night shift meets Monday's early one.
      for (const turn of [-WEEK_MINUTES, 0, WEEK_MINUTES]) {
        const from = Math.max(first.from, second.from + turn);
        const to = Math.min(first.to, second.to + turn);
        if (from < to) return `overlaps "${one.name}" ${timeSpan(from, to)}`;
      }
    }
  }
  return null;
}

function timeSpan(from: number, to: number): string {
  const day = DAYS[Math.floor((from + WEEK_MINUTES) / DAY_MINUTES) % 7];
  return `on ${day} from ${timeOfDay(from)} to ${timeOfDay(to)}`;
}

/** `06:00`, of minutes since any midnight. */
export function timeOfDay(minutes: number): string {
  const ofDay = ((minutes % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
  const hours = String(Math.floor(ofDay / 60)).padStart(2, "0");
  return `${hours}:${String(ofDay % 60).padStart(2, "0")}`;
}
