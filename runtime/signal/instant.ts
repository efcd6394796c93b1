// When something happened. Hours are differences of `mono` within one boot; wall time is an
// annotation with a quality and can be wrong or absent without changing an hour.

/** Milliseconds of the monotonic clock since boot: floor(nanoseconds / 10^6). */
export type Mono = number;

/**
 * Time quality, after OCMF: `S` synchronised, `R` relative (durations exact, start uncertain),
 * `I` informative (a clock nobody vouches for), `U` unknown.
 */
export type TimeQuality = "S" | "R" | "I" | "U";

export interface Instant {
  /** The boot in which `mono` counts: two instants of different boots have no difference. */
  readonly boot: string;
  readonly mono: Mono;
  /** Milliseconds since 1970 in UTC, or null where no clock can be believed. */
  readonly utc: number | null;
  readonly tq: TimeQuality;
  /** Bound of the wall time's error in milliseconds, or null where nobody knows. */
  readonly err: number | null;
}

/** The controller's clocks, handed in by the host or by a test. */
export interface Clock {
  readonly boot: string;
  mono(): Mono;
  /** Wall time that belongs to a monotonic time of this boot. */
  instantAt(mono: Mono): Instant;
}
