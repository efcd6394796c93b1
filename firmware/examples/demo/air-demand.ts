// Who needs air, and when: the shift calendar of the hall and the wandering demand of its machines.

import type { SeededRandom } from "./seeded-random.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The hall keeps standard time all year: the model has no need of a time-zone database. */
const LOCAL_OFFSET_MS = HOUR_MS;
/** 1970-01-01 was a Thursday. */
const WEEKDAY_OF_DAY_0 = 4;
const SATURDAY = 6;
/** A Saturday shift in each third week. */
const OVERTIME_WEEKS = 3;

const LEAKS_M3_PER_MIN = 0.25;
const DEMAND_MAX_M3_PER_MIN = 6.2;
/** Memory of the wandering demand. */
const WANDER_MS = 240_000;
const WANDER_M3_PER_MIN = 0.7;

/** Live: long enough busy to show load and idle, then short of work, so that it also stops. */
const LIVE_CYCLE_MS = 20 * 60_000;
const LIVE_BUSY_MS = 14 * 60_000;
const LIVE_M3_PER_MIN = 3.3;

/** Minutes of the local day, from when it holds, and the demand in m³/min. */
const DAY_PROFILE = [
  [0, 0],
  [6 * 60, 3.2],
  [8 * 60, 4.4],
  [12 * 60, 0.7],
  [12 * 60 + 45, 4.2],
  [17 * 60, 2.6],
  [22 * 60, 0],
] as const;

/** Monday to Friday 06–22, and 07–13 on an overtime Saturday. */
export function crewAtWork(utcMs: number): boolean {
  const minute = localMinute(utcMs);
  const weekday = localWeekday(utcMs);
  if (weekday === SATURDAY) return isOvertimeDay(utcMs) && minute >= 7 * 60 && minute < 13 * 60;
  return weekday >= 1 && weekday <= 5 && minute >= 6 * 60 && minute < 22 * 60;
}

/** The isolator is closed from Monday 05:40 to Friday 22:30, and around an overtime Saturday. */
export function isolatorClosed(utcMs: number): boolean {
  const minute = localMinute(utcMs);
  const weekday = localWeekday(utcMs);
  if (weekday === 1) return minute >= 5 * 60 + 40;
  if (weekday === 5) return minute < 22 * 60 + 30;
  if (weekday === SATURDAY) {
    return isOvertimeDay(utcMs) && minute >= 6 * 60 + 40 && minute < 13 * 60 + 30;
  }
  return weekday > 1 && weekday < 5;
}

/** Start of the local day, in UTC. */
export function localMidnight(utcMs: number): number {
  return Math.floor((utcMs + LOCAL_OFFSET_MS) / DAY_MS) * DAY_MS - LOCAL_OFFSET_MS;
}

export class AirDemand {
  readonly #random: SeededRandom;
  #wander = 0;
  #dayFactor = 1;
  #day = -1;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Demand in m³/min by the calendar; called once per `stepMs`. */
  atWork(utcMs: number, stepMs: number): number {
    this.#drift(stepMs);
    const day = Math.floor((utcMs + LOCAL_OFFSET_MS) / DAY_MS);
    if (day !== this.#day) {
      this.#day = day;
      this.#dayFactor = 0.8 + 0.3 * this.#random.uniform();
    }
    if (!crewAtWork(utcMs)) return LEAKS_M3_PER_MIN;
    return this.#around(profileAt(localMinute(utcMs)) * this.#dayFactor);
  }

  /** Demand in m³/min of a hall without a calendar, as the live demo has it. */
  live(modelMs: number, stepMs: number): number {
    this.#drift(stepMs);
    const busy = modelMs % LIVE_CYCLE_MS < LIVE_BUSY_MS;
    return busy ? this.#around(LIVE_M3_PER_MIN) : LEAKS_M3_PER_MIN;
  }

  #around(level: number): number {
    const demand = Math.max(0, level + this.#wander) + LEAKS_M3_PER_MIN;
    return Math.min(DEMAND_MAX_M3_PER_MIN, demand);
  }

  #drift(stepMs: number): void {
    const share = stepMs / WANDER_MS;
    const push = WANDER_M3_PER_MIN * Math.sqrt(2 * share) * this.#random.gaussian();
    this.#wander += push - this.#wander * share;
  }
}

function profileAt(minute: number): number {
  let level = 0;
  for (const [from, demand] of DAY_PROFILE) if (minute >= from) level = demand;
  return level;
}

function localMinute(utcMs: number): number {
  const localMs = utcMs + LOCAL_OFFSET_MS;
  return Math.floor((localMs - Math.floor(localMs / DAY_MS) * DAY_MS) / 60_000);
}

function localWeekday(utcMs: number): number {
  return (Math.floor((utcMs + LOCAL_OFFSET_MS) / DAY_MS) + WEEKDAY_OF_DAY_0) % 7;
}

function isOvertimeDay(utcMs: number): boolean {
  return Math.floor((utcMs + LOCAL_OFFSET_MS) / DAY_MS / 7) % OVERTIME_WEEKS === 0;
}
