// From the name that a person uses for a line to a chip and an offset. Chips are found by their
// label: their numbers change from boot to boot, and the numbers of sysfs from kernel to kernel.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Chip, Line } from "./backend.ts";
import { headerPin, isMainChip } from "./raspberry-pi.ts";

/** The name of a line, or a chip (label or name) and an offset. */
export type WantedLine = string | { readonly chip: string; readonly offset: number };

export interface ResolvedLine {
  readonly chip: Chip;
  readonly line: Line;
  /** For messages: `GPIO17 (pinctrl-bcm2711 offset 17, header pin 11)`. */
  readonly title: string;
}

/** More names than this do not help who looks for a slip of the pen. */
const SUGGESTIONS_MAX = 5;

export function resolveLine(wanted: WantedLine, chips: readonly Chip[]): ResolvedLine {
  const candidates =
    typeof wanted === "string"
      ? byName(wanted, chips)
      : byOffset(wanted.chip, wanted.offset, chips);
  const [only, another] = candidates;
  if (only === undefined) throw noSuchLine(wanted, chips);
  if (another !== undefined) throw ambiguous(wanted, candidates);
  return only;
}

function byName(name: string, chips: readonly Chip[]): readonly ResolvedLine[] {
  const named = chips.flatMap((chip) =>
    chip.lines.filter((line) => line.name === name).map((line) => resolved(chip, line, name)),
  );
  if (named.length > 0) return named;
  // Some kernels name a Pi's lines by their function (`TXD1`), sysfs names none; people count.
  const number = /^GPIO(\d{1,3})$/.exec(name)?.[1];
  if (number === undefined) return [];
  return chips
    .filter((chip) => isMainChip(chip.label))
    .flatMap((chip) =>
      chip.lines
        .filter((line) => line.offset === Number(number))
        .map((line) => resolved(chip, line, name)),
    );
}

function byOffset(wanted: string, offset: number, chips: readonly Chip[]): readonly ResolvedLine[] {
  const labelled = chips.filter((chip) => chip.label === wanted);
  const fitting = labelled.length > 0 ? labelled : chips.filter((chip) => chip.name === wanted);
  const [chip] = fitting;
  if (fitting.length === 1 && chip!.lines.every((line) => line.offset !== offset)) {
    throw new Fault(
      "SETTING_INVALID",
      `Chip ${wanted} has no line ${offset}: it has ${chip!.lines.length}, from 0.`,
      "Correct `offset`; `telltale scan` lists the lines.",
    );
  }
  return fitting.flatMap((one) =>
    one.lines
      .filter((line) => line.offset === offset)
      .map((line) => resolved(one, line, line.name)),
  );
}

function resolved(chip: Chip, line: Line, name: string): ResolvedLine {
  return { chip, line, title: titleOf(chip, line, name) };
}

function titleOf(chip: Chip, line: Line, name: string): string {
  const place = `${chip.label} offset ${line.offset}`;
  const pin = headerPin(chip.label, line.offset);
  const where = pin === "" ? place : `${place}, ${pin}`;
  return isNamed(name) ? `${name} (${where})` : where;
}

/** Device trees write `-` for a line that has no name. */
export function isNamed(name: string): boolean {
  return name !== "" && name !== "-";
}

function noSuchLine(wanted: WantedLine, chips: readonly Chip[]): Fault {
  if (typeof wanted !== "string") {
    const there = listed(chips.map(({ name, label }) => `${label} (${name})`));
    return new Fault(
      // A chip on USB may not be there yet.
      "BUS_UNREACHABLE",
      `There is no GPIO chip ${wanted.chip}; there are: ${there}.`,
      "Is it connected and its kernel driver loaded? Write `chip` as in the list.",
    );
  }
  const names = chips.flatMap((chip) => chip.lines.map((line) => line.name).filter(isNamed));
  const near = nearest(wanted, names);
  const hint = near.length > 0 ? `; the nearest names: ${near.join(", ")}` : "";
  const labels = listed(chips.map(({ label }) => label));
  return new Fault(
    "BUS_UNREACHABLE",
    `No GPIO line is called ${wanted}${hint}. Chips: ${labels}.`,
    "Look with `telltale scan`, or write the line as `{ chip: LABEL, offset: NUMBER }`.",
  );
}

function ambiguous(wanted: WantedLine, candidates: readonly ResolvedLine[]): Fault {
  const name = typeof wanted === "string" ? `line ${wanted}` : `chip ${wanted.chip}`;
  const places = candidates.map(
    ({ chip, line }) => `${chip.label} (${chip.name}) offset ${line.offset}`,
  );
  const remedy =
    typeof wanted === "string"
      ? "Write which one is meant as `{ chip: LABEL, offset: NUMBER }`."
      : "Write the chip's name instead of its label, and mind that names may change at a boot.";
  return new Fault("SETTING_INVALID", `GPIO ${name} is several: ${listed(places)}.`, remedy);
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const shown = names.slice(0, SUGGESTIONS_MAX).join(", ");
  const more = names.length - SUGGESTIONS_MAX;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** Names that a slip of the pen may have made of the wanted one, nearest first. */
export function nearest(wanted: string, names: readonly string[]): readonly string[] {
  const far = Math.max(2, Math.floor(wanted.length / 2));
  return [...new Set(names)]
    .map((name) => ({ name, distance: distance(wanted.toLowerCase(), name.toLowerCase()) }))
    .filter((candidate) => candidate.distance <= far)
    .sort((one, other) => one.distance - other.distance)
    .slice(0, SUGGESTIONS_MAX)
    .map(({ name }) => name);
}

/** Insertions, removals and replacements that turn one text into the other. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let index = 0; index < one.length; index++) {
    const next = [index + 1];
    for (let column = 0; column < other.length; column++) {
      const replaced = row[column]! + (one[index] === other[column] ? 0 : 1);
      next.push(Math.min(replaced, row[column + 1]! + 1, next[column]! + 1));
    }
    row = next;
  }
  return row[other.length]!;
}
