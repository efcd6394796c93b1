// Readings of an IIO device: (raw + offset) × scale, or what the driver has worked out itself. The
// units are those of the kernel's ABI (Documentation/ABI/testing/sysfs-bus-iio), its thousandths
// made whole.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Chip } from "./chip.ts";
import type { KernelFiles, ReadOptions } from "./kernel-files.ts";
import { noMeasurement, notThere, numberOf, type Reading, scaled } from "./reading.ts";

interface Quantity {
  readonly steps: number;
  readonly unit: string;
}

/** Kinds that the ABI gives in whole units of ours, or in none, have no row. */
const QUANTITIES: Readonly<Record<string, Quantity>> = {
  voltage: { steps: 1_000, unit: "V" },
  altvoltage: { steps: 1_000, unit: "V" },
  current: { steps: 1_000, unit: "A" },
  power: { steps: 1_000, unit: "W" },
  temp: { steps: 1_000, unit: "Cel" },
  humidityrelative: { steps: 1_000, unit: "%" },
  pressure: { steps: 1, unit: "kPa" },
  accel: { steps: 1, unit: "m/s2" },
  resistance: { steps: 1, unit: "Ohm" },
  energy: { steps: 1, unit: "J" },
  distance: { steps: 1, unit: "m" },
  concentration: { steps: 1, unit: "%" },
};

const CHANNEL_FILE = /^in_(.+)_(raw|input)$/;

/** The channels that have a value, with their unit, for a scan. */
export function iioChannels(chip: Chip): readonly { channel: string; unit: string }[] {
  const names = chip.attributes.map((name) => CHANNEL_FILE.exec(name)?.[1] ?? "");
  const channels = [...new Set(names)].filter((channel) => channel !== "");
  return channels.map((channel) => ({ channel, unit: quantityOf(channel)?.unit ?? "" }));
}

/** Reads one channel. Rejects with a `Fault` where the kernel does not answer. */
export async function readIio(
  files: KernelFiles,
  chip: Chip,
  channel: string,
  options: ReadOptions,
): Promise<Reading> {
  const read = (name: string) => files.read(`${chip.folder}/${name}`, options);
  if (chip.attributes.includes(channel)) {
    return scaled(await read(channel), 1, placeOf(chip, channel));
  }
  const own = await channelOf(files, chip, channel.replace(/^in_/, ""));
  if (own === null) return noChannel(chip, channel);
  const steps = quantityOf(own)?.steps ?? 1;
  const input = `in_${own}_input`;
  if (chip.attributes.includes(input)) {
    return scaled(await read(input), steps, placeOf(chip, input));
  }
  const scaleFile = sharedFile(chip, own, "scale");
  if (scaleFile === undefined) {
    return notThere(
      `${chip.name} does not say the scale of its channel ${own}.`,
      `Write \`channel: in_${own}_raw\` for its counts, and scale them in the machine file.`,
    );
  }
  const offsetFile = sharedFile(chip, own, "offset");
  const parts = [`in_${own}_raw`, scaleFile, ...(offsetFile ? [offsetFile] : [])];
  const numbers: number[] = [];
  for (const part of parts) {
    const number = numberOf(await read(part));
    if (number === null) return unreadable(chip, part);
    numbers.push(number);
  }
  const [raw, scale, offset = 0] = numbers as [number, number, number?];
  return { value: ((raw + offset) * scale) / steps };
}

/** The channel that is named so, or labelled so by the board's description. */
async function channelOf(files: KernelFiles, chip: Chip, word: string): Promise<string | null> {
  const channels = iioChannels(chip).map(({ channel }) => channel);
  if (channels.includes(word)) return word;
  const labelled: string[] = [];
  for (const channel of channels) {
    if (!chip.attributes.includes(`in_${channel}_label`)) continue;
    const label = await files.knownOrNull(`${chip.folder}/in_${channel}_label`);
    if (label === word) labelled.push(channel);
  }
  if (labelled.length <= 1) return labelled[0] ?? null;
  throw new Fault(
    "SETTING_INVALID",
    `${chip.name} labels several channels ${word}: ${labelled.join(", ")}.`,
    "Name the channel itself.",
  );
}

/**
 * A channel's own file, or the one that it shares with those of its kind: in_voltage0_scale, else
 * in_voltage_scale; in_accel_x_scale, else in_accel_scale. A difference of two inputs shares with
 * differences alone (in_voltage-voltage_scale).
 */
function sharedFile(chip: Chip, channel: string, what: "scale" | "offset"): string | undefined {
  const kind = channel.replace(/\d+/g, "");
  const names = [channel, kind, ...(kind.includes("-") ? [] : [kindOf(channel)])];
  return names.map((name) => `in_${name}_${what}`).find((name) => chip.attributes.includes(name));
}

function kindOf(channel: string): string {
  return /^[a-z]+/.exec(channel)?.[0] ?? "";
}

function quantityOf(channel: string): Quantity | undefined {
  return QUANTITIES[kindOf(channel)];
}

function placeOf(chip: Chip, file: string): string {
  return `${chip.name} (${chip.folder}/${file})`;
}

function unreadable(chip: Chip, file: string): Reading {
  const remedy = "Is the chip's driver sound?";
  return noMeasurement(placeOf(chip, file), "holds no number", remedy);
}

function noChannel(chip: Chip, channel: string): Reading {
  const channels = iioChannels(chip).map((each) => each.channel);
  return notThere(
    `${chip.name} (${chip.folder}) has no channel ${channel}.`,
    `Its channels are: ${channels.join(", ") || "none"}.`,
  );
}
