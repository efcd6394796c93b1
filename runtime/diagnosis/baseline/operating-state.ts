// The baseline of one operating state: it learns, then watches, and tells a stop of the machine
// from the usual pace of its observations.

import type { Mono } from "../../signal/instant.ts";
import type { BaselineFeature, BaselinePhase, DepartedFeature } from "./answer.ts";
import { shifted } from "./evidence.ts";
import { Learning, type LearningState } from "./learning.ts";
import { type NoticeState, NoticeWatch, type RaisedNotice } from "./notice.ts";
import type { BaselineSettings } from "./settings.ts";
import { Watch, type WatchState } from "./watch.ts";

/** The usual interval follows the observed ones by so much each time: a median in the long run. */
const INTERVAL_FOLLOWS = 1.05;

export interface OperatingState {
  /** Learned again, after a maintenance. */
  readonly again: boolean;
  readonly lastAt: Mono | null;
  readonly intervalMs: number | null;
  readonly calmObservations: number;
  readonly learning: LearningState | null;
  readonly watch: WatchState | null;
  readonly notices: NoticeState;
}

export class OperatingStateBaseline {
  readonly #features: readonly BaselineFeature[];
  readonly #settings: BaselineSettings;
  readonly #again: boolean;
  #learning: Learning | null;
  #watch: Watch | null = null;
  readonly #notices: NoticeWatch;
  #lastAt: Mono | null = null;
  #intervalMs: number | null = null;
  #calmObservations = 0;

  constructor(features: readonly BaselineFeature[], settings: BaselineSettings, again: boolean) {
    this.#features = features;
    this.#settings = settings;
    this.#again = again;
    this.#learning = new Learning(features, settings);
    this.#notices = new NoticeWatch(settings);
  }

  /** Null while it learns. */
  get watch(): Watch | null {
    return this.#watch;
  }

  get phase(): BaselinePhase {
    if (this.#learning === null) return "watching";
    if (this.#again) return "re-learning";
    return this.#learning.enough ? "run-in" : "learning";
  }

  get learned(): number {
    if (this.#learning === null) return 1;
    const { blockObservations, learningBlocksLeast } = this.#settings;
    return Math.min(1, this.#learning.observations / (blockObservations * learningBlocksLeast));
  }

  get distance(): number {
    return this.#watch?.distance ?? 0;
  }

  get trendDistance(): number {
    return this.#watch?.trendDistance ?? 0;
  }

  get evidence(): number {
    return this.#watch?.evidence.share ?? 0;
  }

  get since(): Mono | null {
    return this.#watch?.evidence.since ?? null;
  }

  get departs(): boolean {
    return this.#watch?.departs ?? false;
  }

  /** As usual again, for long enough that a departure is over. */
  get returned(): boolean {
    return this.#calmObservations >= this.#settings.returnObservations;
  }

  get notice(): RaisedNotice | null {
    return this.#notices.notice;
  }

  /** When it was last observed; null where it never was, or before a restart of unknown length. */
  get lastAt(): Mono | null {
    return this.#lastAt;
  }

  /** The usual time between two observations; null before the second one. */
  get intervalMs(): number | null {
    return this.#intervalMs;
  }

  departed(): DepartedFeature[] {
    return this.#watch?.departed() ?? [];
  }

  forgetEvidence(): void {
    this.#watch?.evidence.forget();
  }

  /** Takes one observation, on the features' scales. True where a shift at a restart was taken. */
  observe(values: Float64Array, at: Mono, departed: boolean): boolean {
    const stopped = this.#pace(at);
    if (this.#learning) {
      if (this.#learning.add(values)) {
        this.#watch = new Watch(this.#features, this.#settings, this.#learning.usual());
        this.#learning = null;
      }
      return false;
    }
    const watch = this.#watch!;
    if (stopped) watch.stopped(departed);
    const rebased = watch.observe(values, at);
    this.#calmObservations = watch.calm ? this.#calmObservations + 1 : 0;
    this.#notices.observe(watch, this.#features, at);
    return rebased;
  }

  /** True after a stop. The interval of a stop does not count as usual at once. */
  #pace(at: Mono): boolean {
    const last = this.#lastAt;
    this.#lastAt = at;
    if (last === null) return this.#intervalMs !== null;
    const interval = at - last;
    if (!(interval > 0)) return false;
    const usual = this.#intervalMs;
    if (usual === null) this.#intervalMs = interval;
    else this.#intervalMs = interval > usual ? usual * INTERVAL_FOLLOWS : usual / INTERVAL_FOLLOWS;
    return usual !== null && interval > this.#settings.stopIntervals * usual;
  }

  state(): OperatingState {
    return {
      again: this.#again,
      lastAt: this.#lastAt,
      intervalMs: this.#intervalMs,
      calmObservations: this.#calmObservations,
      learning: this.#learning?.state() ?? null,
      watch: this.#watch?.state() ?? null,
      notices: this.#notices.state(),
    };
  }

  /** The caller has checked that it fits. */
  restore(state: OperatingState, shiftMs: number | null): void {
    this.#lastAt = shifted(state.lastAt, shiftMs);
    this.#intervalMs = state.intervalMs;
    this.#calmObservations = state.calmObservations;
    this.#notices.restore(state.notices, shiftMs);
    if (state.watch) {
      this.#learning = null;
      const { center, spread, inverse } = state.watch;
      const usual = {
        center: Float64Array.from(center, (value) => value ?? Number.NaN),
        spread: Float64Array.from(spread, (value) => value ?? Number.NaN),
        inverse: Float64Array.from(inverse),
      };
      this.#watch = new Watch(this.#features, this.#settings, usual);
      this.#watch.restore(state.watch, shiftMs);
    } else if (state.learning) this.#learning?.restore(state.learning);
  }
}
