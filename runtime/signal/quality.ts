// How far a value can be trusted. The reasons are those of the stream protocol, so that a plant
// client, a platform and the page name the same trouble with the same word.

export type Quality = "good" | "uncertain" | "bad";

/**
 * Index = the code stored in the journal and in the process image; append only, never reorder.
 * `good` stands first, so that zero-filled memory would be read as good: the image fills itself
 * with `not-connected` at start for that reason.
 */
export const REASONS = [
  "good",
  "stale",
  "out-of-range",
  "not-connected",
  "timeout",
  "checksum",
  "exception",
  "sensor-fault",
  "settling",
  "substituted",
  "overrun",
  "not-configured",
  "indeterminate",
] as const;

export type Reason = Exclude<(typeof REASONS)[number], "good">;

/** 0 is good; every other code is an index into `REASONS`. */
export type QualityCode = number;

export const GOOD: QualityCode = 0;

const UNCERTAIN: ReadonlySet<string> = new Set(["settling", "substituted"]);

export function codeOf(reason: Reason): QualityCode {
  return REASONS.indexOf(reason);
}

export function qualityOf(code: QualityCode): Quality {
  if (code === GOOD) return "good";
  return UNCERTAIN.has(REASONS[code]!) ? "uncertain" : "bad";
}

export function reasonOfCode(code: QualityCode): Reason | undefined {
  return code === GOOD ? undefined : (REASONS[code] as Reason);
}
