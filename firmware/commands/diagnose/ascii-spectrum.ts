// A spectrum as lines of text: bars in dB above the median, and under them the letters of the lines
// that a bearing's faults would have.

import type { BearingLine, Candidate } from "./lines.ts";
import { maximaOf, medianOf, type Spectrum } from "./spectra.ts";

/** With the scale to the left it fits into 80 columns. */
const COLUMNS = 72;
const ROWS = 8;
const SPAN_DB_MIN = 24;

/** One letter each; shown where the line falls. */
export const LETTERS: Readonly<Record<Candidate, string>> = {
  outer: "O",
  inner: "I",
  ball: "B",
  cage: "C",
};

export function asciiSpectrum(
  spectrum: Spectrum,
  toHz: number,
  lines: readonly BearingLine[],
): readonly string[] {
  const levels = maximaOf(spectrum, toHz, COLUMNS);
  const median = medianOf(levels);
  if (!(median > 0)) return ["  (there is no spectrum: no window was usable)"];
  const decibels = levels.map((level) => 20 * Math.log10(level / median));
  const highest = Math.max(SPAN_DB_MIN, ...decibels.filter(Number.isFinite));
  const stepDb = Math.ceil(highest / ROWS / 3) * 3;
  // What is below the lowest step is background, and drawn it would hide the rest.
  const rows = Array.from({ length: ROWS }, (_, index) => {
    const floorDb = (ROWS - index) * stepDb;
    const bars = decibels.map((value) => barOf(value, floorDb, stepDb)).join("");
    return `${String(floorDb).padStart(4)} |${bars}`.trimEnd();
  });
  return [...rows, `     +${"-".repeat(COLUMNS)}`, ...markRows(toHz, lines), axisOf(toHz)];
}

function barOf(value: number, floorDb: number, stepDb: number): string {
  if (value >= floorDb + stepDb / 2) return "#";
  return value > floorDb ? "." : " ";
}

/** Two letters that fall on one column stand one below the other. */
function markRows(toHz: number, lines: readonly BearingLine[]): readonly string[] {
  const rows: string[][] = [];
  for (const { hz, candidate } of lines) {
    const column = Math.floor((hz / toHz) * COLUMNS);
    if (column >= COLUMNS) continue;
    let row = rows.find((cells) => cells[column] === " ");
    if (row === undefined) {
      row = Array<string>(COLUMNS).fill(" ");
      rows.push(row);
    }
    row[column] = LETTERS[candidate];
  }
  return rows.map((cells) => `      ${cells.join("")}`.trimEnd());
}

function axisOf(toHz: number): string {
  const parts = 4;
  const labels = Array.from({ length: parts }, (_, index) =>
    String(Math.round((index * toHz) / parts)).padEnd(COLUMNS / parts),
  );
  return `      ${labels.join("").slice(0, COLUMNS - 4)}${Math.round(toHz)} Hz`;
}
