// Wall time from a satellite receiver that some device reads, as a signal in seconds since 1970:
// it dates the leaves of a controller that no network tells the time.

import type { Instant, Mono } from "../../runtime/signal/instant.ts";
import type { SampleTrack } from "../../runtime/usage/condition-track.ts";

/** Seconds come whole, and some time after they began. */
const ERROR_MS = 2_000;
/** Two anchors date everything in between; more often they only fill the ledger. */
const ANCHOR_EVERY_MS = 6 * 3_600_000;
/** A receiver without a fix says 1970 or its week of birth. */
const PLAUSIBLE_SINCE_SECONDS = Date.UTC(2025, 0, 1) / 1_000;

export class GnssAnchor implements SampleTrack {
  readonly #onAnchor: (wall: Pick<Instant, "utc" | "tq" | "err">, at: Mono) => void;
  #anchoredAt: Mono | null = null;

  /** @param onAnchor gets the wall time that belongs to the sample's instant. */
  constructor(onAnchor: (wall: Pick<Instant, "utc" | "tq" | "err">, at: Mono) => void) {
    this.#onAnchor = onAnchor;
  }

  good(value: number, sampledAt: Mono): void {
    if (value < PLAUSIBLE_SINCE_SECONDS) return;
    if (this.#anchoredAt !== null && sampledAt - this.#anchoredAt < ANCHOR_EVERY_MS) return;
    this.#anchoredAt = sampledAt;
    this.#onAnchor({ utc: Math.round(value * 1_000), tq: "S", err: ERROR_MS }, sampledAt);
  }

  bad(): void {}
}
