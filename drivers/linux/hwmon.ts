// Readings of a hwmon chip. The kernel gives thousandths or millionths, by the kind of channel
// (Documentation/hwmon/sysfs-interface); here they become V, A, °C, W, J and %.

import type { Chip } from "./chip.ts";
import type { KernelFiles, ReadOptions } from "./kernel-files.ts";
import { noMeasurement, notThere, type Reading, scaled } from "./reading.ts";

interface Quantity {
  /** How many of the kernel's steps make one unit. */
  readonly steps: number;
  /** For a person who writes the machine file; empty where the number has no unit. */
  readonly unit: string;
}

const QUANTITIES: Readonly<Record<string, Quantity>> = {
  temp: { steps: 1_000, unit: "Cel" },
  in: { steps: 1_000, unit: "V" },
  curr: { steps: 1_000, unit: "A" },
  power: { steps: 1_000_000, unit: "W" },
  energy: { steps: 1_000_000, unit: "J" },
  humidity: { steps: 1_000, unit: "%" },
  fan: { steps: 1, unit: "/min" },
  freq: { steps: 1, unit: "Hz" },
};

/** Files that are in the unit of their channel; flags and counts are as the kernel says them. */
const IN_UNIT = /_(input|average|min|max|crit|lcrit|emergency|highest|lowest|cap|hyst)$/;

const ABSOLUTE_ZERO_CELSIUS = -273.15;

/** The channels that have a value, with their unit, for a scan. */
export function hwmonChannels(chip: Chip): readonly { channel: string; unit: string }[] {
  return chip.attributes
    .filter((name) => name.endsWith("_input"))
    .map((name) => name.replace(/_input$/, ""))
    .map((channel) => ({ channel, unit: quantityOf(channel)?.unit ?? "" }));
}

/** Reads one channel. Rejects with a `Fault` where the kernel does not answer. */
export async function readHwmon(
  files: KernelFiles,
  chip: Chip,
  channel: string,
  options: ReadOptions,
): Promise<Reading> {
  const found = await fileOf(files, chip, channel);
  if (typeof found !== "string") return found;
  const place = `${chip.name} (${chip.folder}/${found})`;
  const faultFile = found.replace(/_input$/, "_fault");
  if (faultFile !== found && chip.attributes.includes(faultFile)) {
    const flag = await files.read(`${chip.folder}/${faultFile}`, options);
    if (flag.trim() !== "0") {
      return noMeasurement(
        place,
        "is reported as broken by its chip",
        "Look at the sensor's wires.",
      );
    }
  }
  const quantity = IN_UNIT.test(found) ? quantityOf(found) : undefined;
  const text = await files.read(`${chip.folder}/${found}`, options);
  const reading = scaled(text, quantity?.steps ?? 1, place);
  const isTemperature = quantity?.unit === "Cel" && "value" in reading;
  if (isTemperature && reading.value < ABSOLUTE_ZERO_CELSIUS) {
    return noMeasurement(place, "reads colder than cold can be", "Look at the sensor's wires.");
  }
  return reading;
}

async function fileOf(files: KernelFiles, chip: Chip, channel: string): Promise<string | Reading> {
  const names = [`${channel}_input`, `${channel}_average`, channel];
  const direct = names.find((name) => chip.attributes.includes(name));
  if (direct !== undefined) return direct;
  const labelled: string[] = [];
  for (const name of chip.attributes.filter((each) => each.endsWith("_label"))) {
    const label = await files.knownOrNull(`${chip.folder}/${name}`);
    if (label === channel) labelled.push(name.replace(/_label$/, "_input"));
  }
  const there = labelled.filter((name) => chip.attributes.includes(name));
  if (there.length === 1) return there[0]!;
  const channels = hwmonChannels(chip).map((each) => each.channel);
  return notThere(
    there.length > 1
      ? `${chip.name} labels several channels ${channel}: ${there.join(", ")}.`
      : `${chip.name} (${chip.folder}) has no channel ${channel}.`,
    `Its channels are: ${channels.join(", ") || "none"}.`,
  );
}

function quantityOf(name: string): Quantity | undefined {
  return QUANTITIES[/^([a-z]+)\d+/.exec(name)?.[1] ?? ""];
}
