// The UTC offsets of a zone, from the time-zone data of whoever makes a statement. They are written
// into the statement, and from there on everybody computes with them: data differ between machines.

import { DAY_MS, dayOfText, type ZoneOffset } from "./local-time.ts";

/** No zone has ever changed its offset twice within this time and back again. */
const STEP_MS = 7 * DAY_MS;

/** The offsets that hold in the period, the first from its beginning on. */
export function offsetsOf(zone: string, from: number, to: number): ZoneOffset[] {
  const secondsAt = offsetReader(zone);
  const offsets: ZoneOffset[] = [{ from, seconds: secondsAt(from) }];
  for (let start = from; start < to; start += STEP_MS) {
    const end = Math.min(start + STEP_MS, to);
    // Two changes can lie in one step: look for the next until the end agrees.
    for (let at = start; secondsAt(end) !== offsets.at(-1)!.seconds; ) {
      at = changeBetween(at, end, secondsAt);
      offsets.push({ from: at, seconds: secondsAt(at) });
    }
  }
  return offsets.filter((offset) => offset.from < to || offset.from === from);
}

/** The first millisecond with another offset, where beginning and end differ. */
function changeBetween(from: number, to: number, secondsAt: (utc: number) => number): number {
  const before = secondsAt(from);
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (secondsAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

function offsetReader(zone: string): (utc: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  return (utc) => {
    const parts = new Map(format.formatToParts(utc).map(({ type, value }) => [type, value]));
    const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type));
    const local = Date.UTC(
      part("year"),
      part("month") - 1,
      part("day"),
      part("hour"),
      part("minute"),
      part("second"),
    );
    return (local - Math.floor(utc / 1_000) * 1_000) / 1_000;
  };
}

/**
 * The instant of a local date (`2026-11-01`) or date and time (`2026-11-01T06:00`), or null where
 * it is none. A time that comes twice is the first; one that the clock leaps over is the leap.
 */
export function instantOf(text: string, zone: string): number | null {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(text);
  const day = match ? dayOfText(match[1]!) : null;
  if (!match || day === null) return null;
  const [hour, minute, second] = [match[2], match[3], match[4]].map((part) => Number(part ?? 0));
  if (hour! > 23 || minute! > 59 || second! > 59) return null;
  const local = day * DAY_MS + ((hour! * 60 + minute!) * 60 + second!) * 1_000;
  const around = offsetsOf(zone, local - 2 * DAY_MS, local + 2 * DAY_MS);
  for (const [index, { from, seconds }] of around.entries()) {
    const utc = local - seconds * 1_000;
    const next = around[index + 1];
    if (next === undefined || utc < next.from) return Math.max(utc, from);
  }
  return null;
}
