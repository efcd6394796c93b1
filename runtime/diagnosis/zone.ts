// The zones of ISO 20816, by their own letters.

/**
 * A: as after commissioning. B: good for long-term operation. C: good for a limited time, until
 * something is done. D: severe enough to do damage.
 */
export type Zone = "A" | "B" | "C" | "D";
