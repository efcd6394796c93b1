// Which hours from before a period its figures depend on: a week or 28 days that began earlier have
// used up included hours already. Maker and verifier ask here, so that both look for the same.

import type { Contract } from "./contract.ts";
import { type LocalTime, weekOf } from "./local-time.ts";

/** A hire that is longer is not looked back to its beginning. */
const HIRE_DAYS_MAX = 20 * 366;
const WINDOW_DAYS = 28;

export interface LookBack {
  /** The first local day whose hours matter; null where none does. */
  readonly firstDay: number | null;
  /** Whether the registers at the beginning of this local day matter. */
  readonly isMark: (day: number) => boolean;
}

export function lookBack(
  contract: Contract,
  local: LocalTime,
  hireDay: number,
  from: number,
): LookBack {
  const { included, shiftWork, minimum } = contract.billing;
  const fromDay = local.dayAt(from);
  const hasDays = included.perDayMs !== undefined;
  const hasWeeks = included.perWeekMs !== undefined || shiftWork !== undefined;
  const hasWindows = included.per28DaysMs !== undefined;
  const hasRental = included.perRentalMs !== undefined || minimum?.hoursMs !== undefined;
  const isMonday = (day: number) => weekOf(day) !== weekOf(day - 1);
  const isWindow = (day: number) =>
    (((day - hireDay) % WINDOW_DAYS) + WINDOW_DAYS) % WINDOW_DAYS === 0;
  const since = (isFirst: (day: number) => boolean) => {
    let day = fromDay;
    while (!isFirst(day)) day--;
    return day;
  };
  const firstDays = [
    ...(hasDays ? [fromDay] : []),
    ...(hasWeeks ? [since(isMonday)] : []),
    ...(hasWindows ? [since(isWindow)] : []),
    ...(hasRental ? [hireDay] : []),
  ];
  const firstDay = Math.max(hireDay, fromDay - HIRE_DAYS_MAX, Math.min(fromDay, ...firstDays));
  const isNeeded = firstDays.length > 0 && local.startOf(firstDay) < from;
  return {
    firstDay: isNeeded ? firstDay : null,
    isMark: (day) =>
      day === firstDay || hasDays || (hasWeeks && isMonday(day)) || (hasWindows && isWindow(day)),
  };
}
