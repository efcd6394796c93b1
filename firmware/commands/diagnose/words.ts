// The words in which a report for people says what the engine found.

import type { BearingVerdict } from "../../../runtime/diagnosis/bearing/decision.ts";
import { UNITS } from "../../../runtime/signal/units.ts";

export const VERDICT_WORDS: Readonly<Record<BearingVerdict, string>> = {
  outer: "Fault on the outer race",
  inner: "Fault on the inner race",
  ball: "Fault on a rolling element",
  cage: "Fault of the cage",
  none: "No bearing fault found",
  "cannot-tell": "Cannot tell",
};

export const REPORT_COLUMNS = 80;

/** Words broken so that no line is longer; each begins with the indent. */
export function wrap(text: string, indent = "", width = REPORT_COLUMNS): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    if (line.length > indent.length && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
    }
    line += line.length > indent.length ? ` ${word}` : word;
  }
  lines.push(line);
  return lines;
}

/** `BPFI−fr`: what modulation adds beside a line. */
export function isSideband(line: string): boolean {
  return /[−+±]/.test(line);
}

/** A UCUM code as people write it; nothing for what has no unit. */
export function symbolOf(unit: string): string {
  return UNITS[unit]?.symbol ?? unit;
}

/** So many significant digits, without an exponent where people do without one. */
export function figure(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return "-";
  if (value === 0) return "0";
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(digits - 1);
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return value.toFixed(Math.min(decimals, 6));
}
