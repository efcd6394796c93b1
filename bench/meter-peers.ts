// Two other ways to meter hours, as they are commonly built, told the same life as ours: what each
// sample said, when the power was cut and came back, and what the wall clock showed meanwhile.

import type { TrueState } from "./simulate/machine-truth.ts";

/** Whatever meters from what it is told. All times are those of the controller's wall clock. */
export interface PeerMeter {
  readonly name: string;
  /** A sample says this state. */
  sampled(state: TrueState | null, wallMs: number): void;
  /** Power was cut: what is not persisted is gone. */
  cut(): void;
  /** Working time in milliseconds, as it would be shown then. */
  workingMs(wallMs: number): number;
}

/**
 * At each change of state the difference of two wall times is added to the total, and both are
 * persisted. A restart goes on from what was persisted, as if nothing had been.
 */
export class WallClockDifferences implements PeerMeter {
  readonly name = "wall-clock differences";
  #workingMs = 0;
  #state: TrueState | null = null;
  #sinceMs = 0;

  sampled(state: TrueState | null, wallMs: number): void {
    if (state === this.#state) return;
    if (this.#state === "WORKING") this.#workingMs += wallMs - this.#sinceMs;
    this.#state = state;
    this.#sinceMs = wallMs;
  }

  cut(): void {}

  workingMs(wallMs: number): number {
    return this.#workingMs + (this.#state === "WORKING" ? wallMs - this.#sinceMs : 0);
  }
}

/** A recorder puts its records on the disk so often. */
const COMMIT_EVERY_MS = 5_000;
export const HISTORY_EVERY_MS = 60_000;

/**
 * Each minute the present state is recorded with its wall time, and each record holds until the
 * next one, across restarts too. Hours are what the records of the state add up to.
 */
export class MinuteHistory implements PeerMeter {
  readonly name = "history sampled each minute";
  #workingMs = 0;
  #state: TrueState | null = null;
  #recorded: { state: TrueState | null; atMs: number } | null = null;
  #uncommitted: {
    readonly workingMs: number;
    readonly recorded: MinuteHistory["recorded"];
  } | null = null;

  get recorded(): { readonly state: TrueState | null; readonly atMs: number } | null {
    return this.#recorded;
  }

  sampled(state: TrueState | null): void {
    this.#state = state;
  }

  /** A minute of the wall clock has begun. */
  minute(wallMs: number): void {
    this.#uncommitted = { workingMs: this.#workingMs, recorded: this.#recorded };
    if (this.#recorded?.state === "WORKING") this.#workingMs += wallMs - this.#recorded.atMs;
    this.#recorded = { state: this.#state, atMs: wallMs };
  }

  /** So long after a minute its record is on the disk. */
  commitsBy(wallMs: number): void {
    if (this.#recorded && wallMs - this.#recorded.atMs >= COMMIT_EVERY_MS) this.#uncommitted = null;
  }

  cut(): void {
    if (this.#uncommitted !== null) {
      this.#workingMs = this.#uncommitted.workingMs;
      this.#recorded = this.#uncommitted.recorded;
      this.#uncommitted = null;
    }
    this.#state = null;
  }

  workingMs(wallMs: number): number {
    const { recorded } = this;
    return this.#workingMs + (recorded?.state === "WORKING" ? wallMs - recorded.atMs : 0);
  }
}
