// Finds a chip by its name. The number in hwmon3 or iio:device1 is given in the order in which the
// kernel came upon the chips, and changes between starts; the name and the place do not.

import { Fault } from "../../runtime/signal/fault.ts";
import type { KernelFiles } from "./kernel-files.ts";

export type ChipKind = "hwmon" | "iio";

export interface Chip {
  readonly kind: ChipKind;
  readonly name: string;
  /** Where its links lead to: the place on its bus is a part of that path. */
  readonly folder: string;
  /** What tells it from another of its name: the last part of the path above its class. */
  readonly at: string;
  readonly attributes: readonly string[];
}

/** What the machine file says of one. */
export interface ChipWanted {
  readonly kind: ChipKind;
  readonly name: string;
  readonly at: string | undefined;
}

const FOLDERS: Readonly<Record<ChipKind, { readonly class: string; readonly entry: RegExp }>> = {
  hwmon: { class: "sys/class/hwmon", entry: /^hwmon\d+$/ },
  iio: { class: "sys/bus/iio/devices", entry: /^iio:device\d+$/ },
};

/** More chips than any controller has: a bound for the search. */
const CHIPS_MAX = 256;

/** All chips of a kind, in the kernel's order. */
export async function listChips(files: KernelFiles, kind: ChipKind): Promise<readonly Chip[]> {
  const { class: classFolder, entry } = FOLDERS[kind];
  const folder = files.path(classFolder);
  const entries = (await files.list(folder)).filter((each) => entry.test(each));
  const chips: Chip[] = [];
  for (const each of entries.slice(0, CHIPS_MAX)) {
    const real = await files.real(files.path(classFolder, each));
    const chip = real && (await chipIn(files, kind, real));
    if (chip) chips.push(chip);
  }
  return chips;
}

/** The one chip that is meant. Rejects with BUS_UNREACHABLE, or SETTING_INVALID for several. */
export async function findChip(files: KernelFiles, wanted: ChipWanted): Promise<Chip> {
  const { kind, at } = wanted;
  const chips = await listChips(files, kind);
  const named = chips.filter((chip) => chip.name === wanted.name);
  const meant = at === undefined ? named : named.filter(({ folder }) => isAt(folder, at));
  if (meant.length === 1) return meant[0]!;
  if (meant.length === 0) {
    const there = chips.map(describe).join(", ") || "none";
    throw new Fault(
      "BUS_UNREACHABLE",
      `There is no ${kind} chip ${wanted.name}${at ? ` at ${at}` : ""}; there are: ${there}.`,
      "Is its overlay in the board's configuration, and is the chip wired and supplied?",
    );
  }
  throw new Fault(
    "SETTING_INVALID",
    `${meant.length} ${kind} chips are named ${wanted.name}: ${meant.map(describe).join(", ")}.`,
    "Say under `at` which one is meant.",
  );
}

/** Whether the chip that was found before is still there, under the same name. */
export async function isStillThere(files: KernelFiles, chip: Chip): Promise<boolean> {
  return (await nameIn(files, chip.kind, chip.folder)) === chip.name;
}

async function chipIn(files: KernelFiles, kind: ChipKind, folder: string): Promise<Chip | null> {
  // Old drivers keep name and readings one folder further, beside the device.
  for (const place of kind === "hwmon" ? [folder, `${folder}/device`] : [folder]) {
    const name = await nameIn(files, kind, place);
    if (name === null) continue;
    return { kind, name, folder: place, at: placeOf(folder), attributes: await files.list(place) };
  }
  return null;
}

/** IIO lets the board's description give a chip a label of its own, which then is its name. */
async function nameIn(files: KernelFiles, kind: ChipKind, folder: string): Promise<string | null> {
  const label = kind === "iio" ? await files.knownOrNull(`${folder}/label`) : null;
  return label || (await files.knownOrNull(`${folder}/name`));
}

/** `…/i2c-1/1-0040/hwmon/hwmon3` is at `1-0040`. */
function placeOf(folder: string): string {
  const parts = folder.split("/").filter((part) => part !== "");
  const own = parts.findLastIndex(
    (part) => /^(hwmon\d*|iio:device\d+|device)$/.test(part) === false,
  );
  return parts[own] ?? folder;
}

/** Whole parts of the path, so that 1-004 does not mean 1-0040. */
function isAt(folder: string, at: string): boolean {
  return `${folder}/`.includes(`/${at.replace(/^\/|\/$/g, "")}/`);
}

function describe({ name, at }: Chip): string {
  return `${name} (at: ${at})`;
}
