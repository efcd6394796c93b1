// Evidence that observations departed from what is usual: Page's cumulative sum for what is far and
// short, and the duration of a trend for what is nearer and stays.

import type { Mono } from "../../signal/instant.ts";
import type { BaselineSettings } from "./settings.ts";

/** Evidence is not gathered beyond so many times what raises an alarm. */
const EVIDENCE_TIMES_MOST = 10;

/** As it is written to disk. */
export interface EvidenceState {
  readonly sum: number;
  readonly sumSince: Mono | null;
  readonly trendInRow: number;
  readonly trendSince: Mono | null;
}

export class Evidence {
  readonly #settings: BaselineSettings;
  #sum = 0;
  #sumSince: Mono | null = null;
  #trendInRow = 0;
  #trendSince: Mono | null = null;

  constructor(settings: BaselineSettings) {
    this.#settings = settings;
  }

  /** As a share of what raises an alarm. */
  get share(): number {
    const { evidenceLeast, trendObservations } = this.#settings;
    return Math.max(this.#sum / evidenceLeast, this.#trendInRow / trendObservations);
  }

  /** Since when it has been gathered without a break: the estimate of the onset. */
  get since(): Mono | null {
    const trend = this.#trendSince;
    const sum = this.#sumSince;
    return trend !== null && sum !== null ? Math.min(trend, sum) : (sum ?? trend);
  }

  gather(distance: number, trendDistance: number, at: Mono): void {
    this.#add(distance, at);
    this.#persist(trendDistance, at);
  }

  /** Page (1954), with a cap on what one observation adds: one outlier is no evidence. */
  #add(distance: number, at: Mono): void {
    const { slackSpreads, distanceMost, evidenceLeast } = this.#settings;
    const sum = this.#sum + Math.min(distance, distanceMost) - slackSpreads;
    if (sum <= 0) {
      this.#sum = 0;
      this.#sumSince = null;
      return;
    }
    if (this.#sum === 0) this.#sumSince = at;
    this.#sum = Math.min(sum, EVIDENCE_TIMES_MOST * evidenceLeast);
  }

  /** What changes slowly may stay below the slack of the sum, but it stays. */
  #persist(trendDistance: number, at: Mono): void {
    const { trendSpreads, trendObservations } = this.#settings;
    if (!(trendDistance > trendSpreads)) {
      this.#trendInRow = 0;
      this.#trendSince = null;
      return;
    }
    if (this.#trendInRow === 0) this.#trendSince = at;
    this.#trendInRow = Math.min(this.#trendInRow + 1, EVIDENCE_TIMES_MOST * trendObservations);
  }

  forget(): void {
    this.#sum = 0;
    this.#sumSince = null;
    this.#trendInRow = 0;
    this.#trendSince = null;
  }

  state(): EvidenceState {
    return {
      sum: this.#sum,
      sumSince: this.#sumSince,
      trendInRow: this.#trendInRow,
      trendSince: this.#trendSince,
    };
  }

  restore(state: EvidenceState, shiftMs: number | null): void {
    this.#sum = state.sum;
    this.#sumSince = shifted(state.sumSince, shiftMs);
    this.#trendInRow = state.trendInRow;
    this.#trendSince = shifted(state.trendSince, shiftMs);
  }
}

/**
 * A time of an earlier boot in the times of this one; null where nobody knows what lies between.
 */
export function shifted(at: Mono | null, shiftMs: number | null): Mono | null {
  return at === null || shiftMs === null ? null : at + shiftMs;
}
