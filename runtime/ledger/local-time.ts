// Local days, weeks and shifts of a period, by the UTC offsets that the statement itself carries:
// the same answer on every machine, whatever its time-zone data say. A local day is counted from
// 1970-01-01, so that it is an integer.

import type { Shift } from "./contract.ts";

export const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const MINUTES_PER_DAY = 1_440;
/** A range of possible times that is longer has seen every shift of a week. */
const WEEK_MS = 7 * DAY_MS;
/** 1970-01-01 was a Thursday: so many days after a Monday. */
const THURSDAY = 3;

export interface ZoneOffset {
  /** Milliseconds since 1970 from which on it holds. */
  readonly from: number;
  readonly seconds: number;
}

/** Time outside all shifts has this name. */
const NO_SHIFT = "";

export class LocalTime {
  readonly #offsets: readonly ZoneOffset[];
  readonly #shifts: readonly Shift[];
  /** Minutes of the day at which a shift begins or ends, and midnight; ascending. */
  readonly #edgeMinutes: readonly number[];
  /** Every name that a time of the week can have. */
  readonly allShifts: readonly string[];

  constructor(offsets: readonly ZoneOffset[], shifts: readonly Shift[]) {
    this.#offsets = [...offsets].sort((one, other) => one.from - other.from);
    this.#shifts = shifts;
    const edges = shifts.flatMap(({ fromMinute, toMinute }) => [fromMinute, toMinute]);
    this.#edgeMinutes = [...new Set([0, ...edges.map((minute) => minute % MINUTES_PER_DAY)])].sort(
      (one, other) => one - other,
    );
    this.allShifts = [...new Set([...shifts.map(({ name }) => name), NO_SHIFT])];
  }

  /** The local day of an instant. */
  dayAt(utc: number): number {
    return Math.floor((utc + this.#offsetMsAt(utc)) / DAY_MS);
  }

  /** The shift that the local clock's reading falls into. */
  shiftAt(utc: number): string {
    const local = utc + this.#offsetMsAt(utc);
    const day = Math.floor(local / DAY_MS);
    const minute = (local - day * DAY_MS) / MINUTE_MS;
    const weekday = weekdayOf(day);
    const before = weekdayOf(day - 1);
    const found = this.#shifts.find(({ fromMinute, toMinute, days }) => {
      if (fromMinute < toMinute) {
        return days.includes(weekday) && minute >= fromMinute && minute < toMinute;
      }
      return (
        (days.includes(weekday) && minute >= fromMinute) ||
        (days.includes(before) && minute < toMinute)
      );
    });
    return found?.name ?? NO_SHIFT;
  }

  /** The next instant at which the local day or shift can change: an edge, or another offset. */
  nextEdge(utc: number): number {
    const offset = this.#offsetMsAt(utc);
    const local = utc + offset;
    const midnight = Math.floor(local / DAY_MS) * DAY_MS;
    const sinceMidnight = local - midnight;
    const minute = this.#edgeMinutes.find((edge) => edge * MINUTE_MS > sinceMidnight);
    const edge = midnight + (minute === undefined ? DAY_MS : minute * MINUTE_MS) - offset;
    const change = this.#offsets.find(({ from }) => from > utc);
    return change === undefined ? edge : Math.min(edge, change.from);
  }

  /** The instant at which a local day begins; where the clock is set then, the first that fits. */
  startOf(day: number): number {
    const local = day * DAY_MS;
    for (const [index, { seconds }] of this.#offsets.entries()) {
      const utc = local - seconds * 1_000;
      const next = this.#offsets[index + 1];
      if (next === undefined || utc < next.from) {
        // A midnight that the clock leaps over does not exist: the day begins with the leap.
        return index === 0 ? utc : Math.max(utc, this.#offsets[index]!.from);
      }
    }
    return local;
  }

  /** The shifts that a time can belong to which is off by at most so much; null is any much. */
  shiftsNear(utc: number, errorMs: number | null): readonly string[] {
    if (errorMs === null || 2 * errorMs >= WEEK_MS) return this.allShifts;
    const names = new Set<string>();
    for (let at = utc - errorMs; at <= utc + errorMs; at = this.nextEdge(at)) {
      names.add(this.shiftAt(at));
    }
    return [...names];
  }

  #offsetMsAt(utc: number): number {
    // What lies before the first offset has the first.
    let seconds = this.#offsets[0]?.seconds ?? 0;
    for (const offset of this.#offsets) {
      if (offset.from > utc) break;
      seconds = offset.seconds;
    }
    return seconds * 1_000;
  }
}

/** 1 is Monday, as in ISO 8601. */
function weekdayOf(day: number): number {
  return modulo(day + THURSDAY, 7) + 1;
}

/** Weeks from Monday to Sunday, counted; a local day's. */
export function weekOf(day: number): number {
  return Math.floor((day + THURSDAY) / 7);
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}

const DAYS_PER_ERA = 146_097;

/** `2026-11-23` of a local day, by the Gregorian calendar's own arithmetic. */
export function dayText(day: number): string {
  // Days since 0000-03-01, in eras of 400 years that are all alike.
  const shifted = day + 719_468;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const ofEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) /
      365,
  );
  const ofYear =
    ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * ofYear + 2) / 153);
  const dayOfMonth = ofYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(dayOfMonth, 2)}`;
}

/** The local day of `2026-11-23`, or null where there is no such day. */
export function dayOfText(text: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!match) return null;
  const [year, month, dayOfMonth] = match.slice(1).map(Number) as [number, number, number];
  const fromMarch = month > 2 ? month - 3 : month + 9;
  const yearFromMarch = month > 2 ? year : year - 1;
  const era = Math.floor(yearFromMarch / 400);
  const yearOfEra = yearFromMarch - era * 400;
  const ofYear = Math.floor((153 * fromMarch + 2) / 5) + dayOfMonth - 1;
  const ofEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + ofYear;
  const day = era * DAYS_PER_ERA + ofEra - 719_468;
  return dayText(day) === text ? day : null;
}

/** `2026-11-23 14:05:09`, by the local clock. */
export function localText(utc: number, offsets: readonly ZoneOffset[]): string {
  const local = new LocalTime(offsets, []);
  const day = local.dayAt(utc);
  // On a day when the clock is set, its reading is not the time since midnight.
  const offset = [...offsets].reverse().find(({ from }) => from <= utc) ?? offsets[0];
  const ofDay = modulo(utc + (offset?.seconds ?? 0) * 1_000, DAY_MS);
  const seconds = Math.floor(ofDay / 1_000);
  const time = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${dayText(day)} ${time.map((part) => padded(part, 2)).join(":")}`;
}

/** `2026-11-23T14:05:09.250+01:00`, to the millisecond. */
export function isoText(utc: number, offsets: readonly ZoneOffset[]): string {
  const offset = offsets.findLast(({ from }) => from <= utc) ?? offsets[0];
  const seconds = offset?.seconds ?? 0;
  const [date, time] = localText(utc, offsets).split(" ");
  const minutes = Math.floor(Math.abs(seconds) / 60);
  const away = `${padded(Math.floor(minutes / 60), 2)}:${padded(minutes % 60, 2)}`;
  const fraction = padded(modulo(utc, 1_000), 3);
  return `${date}T${time}.${fraction}${seconds < 0 ? "-" : "+"}${away}`;
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}
