// How long until a health indicator reaches its limit: told only after an onset, only while it
// grows clearly, and only as an interval. ISO 13381-1 asks for a confidence with each prognosis
// (recalled, unverified); a single number would pretend to know what nobody does.

import type { Mono } from "../../signal/instant.ts";
import { shifted } from "./evidence.ts";

/** Means of neighbouring observations are kept, at most so many; when full, pairs are joined. */
const POINTS_MAX = 96;

/** Fewer points tell nothing about a growth. */
const POINTS_LEAST = 24;

/** The history since the onset is cut into so many equal stretches. */
const STRETCHES = 8;

/**
 * Nothing is said about what lies farther ahead than so many times the history that it stands on.
 */
const HORIZON_HISTORIES = 2;

/** The interval is meant to hold in so many of the cases. */
const LEVEL = 0.8;

/**
 * Damage quickens. Until the limit the growth may become so many times what it was: chosen with
 * FEMTO 1_1 and 2_2 and IMS test 2 before our eyes (docs/decisions/baselines.md). It moves only the
 * beginning of the interval, the end that a plant plans by.
 */
const QUICKENS = 2;

/** Student's t with 6 degrees of freedom for 7 increments: 80 % lie within (tables: 1.440). */
const QUANTILE = 1.44;

export type RemainingLifeAnswer =
  | { readonly kind: "cannot-tell"; readonly reason: string }
  | {
      readonly kind: "interval";
      /** From the last observation. */
      readonly fromMs: number;
      readonly toMs: number;
      /** The share of cases in which the limit is meant to be reached within. */
      readonly level: number;
    }
  | { readonly kind: "reached" };

export interface RemainingLifeState {
  readonly version: 1;
  readonly limit: number;
  readonly startedAt: Mono | null;
  readonly lastMs: number;
  readonly perPoint: number;
  readonly times: readonly number[];
  readonly levels: readonly number[];
  readonly openCount: number;
  readonly openTime: number;
  readonly openLevel: number;
}

/** Follows one positive indicator from its onset on, in bounded memory. */
export class RemainingLife {
  readonly #limit: number;
  #startedAt: Mono | null = null;
  #lastMs = 0;
  #points = 0;
  #perPoint = 1;
  /** Milliseconds since the onset, and logarithms. */
  readonly #times = new Float64Array(POINTS_MAX);
  readonly #levels = new Float64Array(POINTS_MAX);
  #openCount = 0;
  #openTime = 0;
  #openLevel = 0;

  /** `limit` is of the indicator: a zone's boundary, or a multiple of what is usual. */
  constructor(limit: number) {
    this.#limit = Math.log(limit);
  }

  /** One observation since the onset. What is not positive or not finite tells nothing. */
  observe(indicator: number, at: Mono): void {
    const level = Math.log(indicator);
    if (!Number.isFinite(level)) return;
    this.#startedAt ??= at - this.#lastMs;
    this.#lastMs = at - this.#startedAt;
    this.#openCount += 1;
    this.#openTime += (this.#lastMs - this.#openTime) / this.#openCount;
    this.#openLevel += (level - this.#openLevel) / this.#openCount;
    if (this.#openCount < this.#perPoint) return;
    if (this.#points === POINTS_MAX) this.#join();
    this.#times[this.#points] = this.#openTime;
    this.#levels[this.#points] = this.#openLevel;
    this.#points += 1;
    this.#openCount = 0;
  }

  #join(): void {
    for (let point = 0; point < POINTS_MAX / 2; point++) {
      this.#times[point] = (this.#times[2 * point]! + this.#times[2 * point + 1]!) / 2;
      this.#levels[point] = (this.#levels[2 * point]! + this.#levels[2 * point + 1]!) / 2;
    }
    this.#points = POINTS_MAX / 2;
    this.#perPoint *= 2;
  }

  answer(): RemainingLifeAnswer {
    const points = this.#points;
    if (points < POINTS_LEAST) {
      return cannotTell(`only ${points} of ${POINTS_LEAST} points since the onset`);
    }
    if (this.#meanOf(points - 3, points) >= this.#limit) return { kind: "reached" };
    const perStretch = Math.floor(points / STRETCHES);
    const oldest = points - perStretch * STRETCHES;
    const level = (stretch: number) => {
      const from = oldest + stretch * perStretch;
      return this.#meanOf(from, from + perStretch);
    };
    const newest = level(STRETCHES - 1);
    // What pauses or falls follows another law than what was seen before.
    for (let stretch = 0; stretch < STRETCHES - 1; stretch++) {
      if (level(stretch) >= newest) return cannotTell("it does not grow at present");
    }
    const growth = (newest - level(0)) / (STRETCHES - 1);
    let squares = 0;
    for (let stretch = 1; stretch < STRETCHES; stretch++) {
      squares += (level(stretch) - level(stretch - 1) - growth) ** 2;
    }
    const allowed = (QUANTILE ** 2 * squares) / (STRETCHES - 2);
    return this.#cross(growth, allowed, this.#limit - newest, points - oldest);
  }

  /**
   * The logarithm is taken for a Wiener process whose drift is known from its increments only: the
   * limit is reached at the times T at which (missing − growth·T)² ≤ allowed·(T + T² ÷ increments).
   * Where the growth is hardly known there is no such interval (Fieller 1954), and nothing is said.
   * A line through the points would be far too sure: the growth itself changes.
   */
  #cross(growth: number, allowed: number, missing: number, points: number): RemainingLifeAnswer {
    const first = growth * growth - allowed / (STRETCHES - 1);
    if (growth <= 0 || first <= 0) return cannotTell("it does not grow clearly since the onset");
    const second = growth * missing + allowed / 2;
    const root = Math.sqrt(Math.max(0, second * second - first * missing * missing));
    const stretchMs = (this.#lastMs - this.#times[this.#points - points]!) / STRETCHES;
    // The newest level stands for the middle of the newest stretch.
    const from = Math.max(0, ((second - root) / first / QUICKENS - 0.5) * stretchMs);
    const to = ((second + root) / first - 0.5) * stretchMs;
    if (!(to > 0)) return cannotTell("it has stopped growing as it did");
    if (to > HORIZON_HISTORIES * this.#lastMs) {
      return cannotTell("the limit lies too far ahead of what was seen since the onset");
    }
    return { kind: "interval", fromMs: from, toMs: to, level: LEVEL };
  }

  #meanOf(from: number, to: number): number {
    let sum = 0;
    for (let point = from; point < to; point++) sum += this.#levels[point]!;
    return sum / (to - from);
  }

  state(): RemainingLifeState {
    return {
      version: 1,
      limit: this.#limit,
      startedAt: this.#startedAt,
      lastMs: this.#lastMs,
      perPoint: this.#perPoint,
      times: [...this.#times.subarray(0, this.#points)],
      levels: [...this.#levels.subarray(0, this.#points)],
      openCount: this.#openCount,
      openTime: this.#openTime,
      openLevel: this.#openLevel,
    };
  }

  /** As `Baseline.restore`. Where nobody knows how long it was off, the time off does not count. */
  static restore(
    limit: number,
    state: unknown,
    shiftMs: number | null,
  ): RemainingLife | { readonly refused: string } {
    const life = new RemainingLife(limit);
    const kept = state as RemainingLifeState | null | undefined;
    if (kept?.version !== 1) return { refused: "what was kept is no state of a remaining life" };
    if (kept.limit !== life.#limit) return { refused: "what was kept is about another limit" };
    const { times, levels, lastMs, perPoint, openCount, openTime, openLevel } = kept;
    const numbers = [lastMs, perPoint, openCount, openTime, openLevel];
    const whole =
      Array.isArray(times) &&
      Array.isArray(levels) &&
      times.length === levels.length &&
      times.length <= POINTS_MAX &&
      [...numbers, ...times, ...levels].every(Number.isFinite) &&
      openCount >= 0 &&
      openCount < perPoint &&
      (kept.startedAt === null || Number.isFinite(kept.startedAt));
    if (!whole) return { refused: "what was kept is not whole" };
    life.#startedAt = shifted(kept.startedAt, shiftMs);
    life.#lastMs = lastMs;
    life.#points = times.length;
    life.#perPoint = perPoint;
    life.#times.set(times);
    life.#levels.set(levels);
    life.#openCount = openCount;
    life.#openTime = openTime;
    life.#openLevel = openLevel;
    return life;
  }
}

function cannotTell(reason: string): RemainingLifeAnswer {
  return { kind: "cannot-tell", reason };
}
