// Everything that the kernel of this controller reads, with what to write to have it.

import { Fault } from "../../runtime/signal/fault.ts";
import { silentWire } from "../../runtime/signal/wire.ts";
import type { Found } from "../driver.ts";
import { type Chip, type ChipKind, listChips } from "./chip.ts";
import {
  listMounts,
  listThermalZones,
  readController,
  readDisk,
  readThermalZone,
} from "./controller.ts";
import { hwmonChannels, readHwmon } from "./hwmon.ts";
import { iioChannels, readIio } from "./iio.ts";
import type { KernelFiles, ReadOptions } from "./kernel-files.ts";
import { listThermometers, readThermometer } from "./one-wire.ts";
import type { Reading } from "./reading.ts";
import { CONTROLLER_READINGS, type ControllerReading } from "./settings.ts";

/** A person waits: shorter than what a device may take by its settings. */
const OPTIONS: ReadOptions = { lane: "chip", timeoutMs: 2_000, wire: silentWire };

/** Virtual file systems have no space that could run out unseen. */
const DISK_BYTES_MIN = 16 * 1_024 * 1_024;

const UNITS: Partial<Readonly<Record<ControllerReading, string>>> = {
  uptime: "s",
  load1: "1",
  load5: "1",
  load15: "1",
  memoryTotal: "By",
  memoryAvailable: "By",
  memoryAvailableShare: "%",
};

export interface ScanParts {
  readonly files: KernelFiles;
  readonly stop: AbortSignal;
  progress(text: string): void;
}

export async function* scanKernel(parts: ScanParts): AsyncGenerator<Found> {
  for (const find of [scanHwmon, scanIio, scanThermometers, scanZones, scanDisks, scanController]) {
    for await (const found of find(parts)) {
      if (parts.stop.aborted) return;
      yield found;
    }
  }
}

async function* scanHwmon(parts: ScanParts): AsyncGenerator<Found> {
  yield* scanChips("hwmon", parts, hwmonChannels, readHwmon);
}

async function* scanIio(parts: ScanParts): AsyncGenerator<Found> {
  yield* scanChips("iio", parts, iioChannels, readIio);
}

async function* scanChips(
  kind: ChipKind,
  { files, progress }: ScanParts,
  channelsOf: typeof hwmonChannels,
  read: typeof readHwmon,
): AsyncGenerator<Found> {
  progress(`looking for ${kind} chips`);
  const chips = await listChips(files, kind);
  for (const chip of chips) {
    const isAlone = chips.filter(({ name }) => name === chip.name).length === 1;
    const device = { [kind]: chip.name, ...(isAlone ? {} : { at: chip.at }) };
    for (const { channel, unit } of channelsOf(chip)) {
      const what = await textOf(() => read(files, chip, channel, OPTIONS), unit);
      const settings = { ...device, channel, ...(unit && { unit }) };
      yield { where: `${whereOf(chip)} ${channel}`, what, settings };
    }
  }
}

async function* scanThermometers({ files, progress }: ScanParts): AsyncGenerator<Found> {
  progress("reading 1-wire thermometers");
  for (const id of await listThermometers(files)) {
    const options: ReadOptions = { ...OPTIONS, lane: "oneWire" };
    const what = await textOf(() => readThermometer(files, id, options), "Cel");
    yield { where: `1-wire ${id}`, what, settings: { oneWire: id, unit: "Cel" } };
  }
}

async function* scanZones({ files }: ScanParts): AsyncGenerator<Found> {
  for (const { type } of await listThermalZones(files)) {
    const what = await textOf(() => readThermalZone(files, type, OPTIONS), "Cel");
    yield { where: `thermal zone ${type}`, what, settings: { thermal: type, unit: "Cel" } };
  }
}

async function* scanDisks({ files, progress }: ScanParts): AsyncGenerator<Found> {
  progress("looking at the disks");
  for (const mount of new Set(await listMounts(files))) {
    const total = await attempt(() => readDisk(files, { mount, quantity: "total" }, OPTIONS));
    if (!("value" in total) || total.value < DISK_BYTES_MIN) continue;
    const disk = { mount, quantity: "freeShare" as const };
    const what = await textOf(() => readDisk(files, disk, OPTIONS), "%");
    yield { where: `disk ${mount}`, what, settings: { disk: { mount }, unit: "%" } };
  }
}

async function* scanController({ files }: ScanParts): AsyncGenerator<Found> {
  for (const controller of CONTROLLER_READINGS) {
    const reading = await attempt(() => readController(files, controller, OPTIONS));
    if (!("value" in reading)) continue;
    const unit = UNITS[controller] ?? "";
    const settings = { controller, ...(unit && { unit }) };
    yield {
      where: `controller ${controller}`,
      what: `${shown(reading.value)} ${unit}`.trim(),
      settings,
    };
  }
}

/** What a person can take in at a glance; the signal has the whole number. */
function shown(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
}

function whereOf({ kind, name, at }: Chip): string {
  return `${kind} ${name} at ${at}`;
}

async function textOf(read: () => Promise<Reading>, unit: string): Promise<string> {
  const reading = await attempt(read);
  return "value" in reading ? `${shown(reading.value)} ${unit}`.trim() : reading.fault.message;
}

/** What cannot be read is told as it is: a scan shows it and goes on. */
async function attempt(read: () => Promise<Reading>): Promise<Reading> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Fault) return { reason: "not-connected", fault: error };
    throw error;
  }
}
