// The one door to the schema library: machine file, driver settings and stream frames are declared
// with it, checked by it, and published as JSON Schema from it.

import { z } from "zod";

export const schema = z;
export type Schema<Value> = z.ZodType<Value>;

const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)$/;
const DURATION_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of a text such as `250ms`, `5s`, `10min`; null where it is none. */
export function parseDuration(text: string): number | null {
  const match = DURATION.exec(text.trim());
  return match ? Math.round(Number(match[1]) * DURATION_MS[match[2]!]!) : null;
}

const NOT_A_DURATION = "is not a duration; write a number with ms, s, min, h or d";

/** A duration as people write it (`500ms`, `5s`, `2min`, `1h`, `7d`); gives whole milliseconds. */
export function duration(limits: { minMs?: number; maxMs?: number } = {}) {
  const { minMs = 0, maxMs = 366 * 86_400_000 } = limits;
  return z.codec(
    z
      // A number without its unit is the usual slip; that a key is missing is for others to say.
      .string({ error: (issue) => (issue.input === undefined ? undefined : NOT_A_DURATION) })
      .regex(DURATION, NOT_A_DURATION),
    z
      .number()
      .min(minMs, `is shorter than ${minMs} ms, the least that is sensible here`)
      .max(maxMs, `is longer than ${maxMs} ms, the most that is allowed here`),
    { decode: (text) => parseDuration(text)!, encode: (ms) => `${ms}ms` },
  );
}

/** A name of ours: camelCase, because plant clients and records carry it for years. */
export const name = z
  .string()
  .regex(/^[a-z][A-Za-z0-9]{0,62}$/, "is not a name; write camelCase letters and digits");
