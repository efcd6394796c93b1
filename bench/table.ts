// How measurements are shown: a table for people that fits 100 columns, and JSON for programs.

import type { Measurement } from "./harness.ts";

const COLUMNS = [
  { title: "line", width: 34, align: "left" },
  { title: "ours", width: 13, align: "right" },
  { title: "peer", width: 13, align: "right" },
  { title: "ratio (spread)", width: 19, align: "right" },
  { title: "goal", width: 8, align: "right" },
  { title: "met", width: 3, align: "left" },
] as const;

export function header(): string {
  const titles = row(COLUMNS.map(({ title }) => title));
  return `${titles}\n${row(COLUMNS.map(({ width }) => "-".repeat(width)))}`;
}

/** One line, and below it what does not fit into a cell: the peer, why something did not run. */
export function rowOf(measurement: Measurement): string {
  const { line, unit, ours, peer, ratio, goal, better, met, notRun } = measurement;
  const name = unit === "1" ? line : `${line} [${unit}]`;
  const [first = "", ...rest] = wrap(name, COLUMNS[0].width);
  const bound = `${better === "higher" ? "≥" : "≤"} ${short(goal)}`;
  const cells = [
    first,
    ours === null ? "-" : short(ours),
    peer?.value == null ? "-" : short(peer.value),
    ratio ? `${fixed(ratio.median)} (${fixed(ratio.min)}–${fixed(ratio.max)})` : "-",
    bound,
    met === null ? "-" : met ? "yes" : "NO",
  ];
  const below = [...rest];
  if (peer && notRun === null) below.push(`  beside ${peer.name}`);
  if (notRun !== null) below.push(`  not run: ${notRun}`);
  return [row(cells), ...below].join("\n");
}

/** What `--json` prints for a line. */
export function jsonOf({ line, ours, peer, ratio, goal, met }: Measurement) {
  return { line, ours, peer: peer?.value ?? null, ratio: ratio?.median ?? null, goal, met };
}

function row(cells: readonly string[]): string {
  const padded = COLUMNS.map(({ width, align }, index) => {
    const cell = cells[index] ?? "";
    return align === "left" ? cell.padEnd(width) : cell.padStart(width);
  });
  return padded.join("  ").trimEnd();
}

/** Four figures that count, with the thousands apart: 1 234 567 is read faster than 1234567. */
function short(value: number): string {
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value) || 1)));
  const rounded = Number(value.toFixed(Math.min(digits, 6)));
  return rounded.toLocaleString("en-GB", { maximumFractionDigits: 6 }).replaceAll(",", " ");
}

function fixed(ratio: number): string {
  return ratio >= 100 ? ratio.toFixed(0) : ratio.toFixed(2);
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}
