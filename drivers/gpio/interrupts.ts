// How often a line has interrupted the kernel. The character device numbers an edge when the
// interrupt's thread runs; where two edges come before it does, there is one event, and no hole in
// the numbers (seen at 100 Hz on a busy emulated controller, kernel 6.1). The interrupt itself is
// counted each time.

import { readFileSync } from "node:fs";

export const INTERRUPTS_FILE = "/proc/interrupts";

/** The interrupts so far of the one holder with this name; null where that cannot be told. */
export function interruptsOf(holder: string, file: string): number | null {
  const rows = textOf(file)
    .split("\n")
    .filter((row) => row.endsWith(`  ${holder}`));
  if (rows.length !== 1) return null;
  // `45:  500  0  gpiochip1  17 Edge  NAME`: a column for each processor.
  const columns = rows[0]!
    .slice(rows[0]!.indexOf(":") + 1)
    .trim()
    .split(/\s+/);
  const end = columns.findIndex((column) => !/^\d+$/.test(column));
  return columns.slice(0, end).reduce((sum, column) => sum + Number(column), 0);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch {
    // A container may hide it: nothing can be told then, and the events alone count.
    return "";
  }
}
