// 1-wire thermometers, read from the kernel's file w1_slave: unlike its file `temperature` it shows
// the bytes that came over the wire, and some of them pass their checksum without being a
// temperature.

import { Fault } from "../../runtime/signal/fault.ts";
import type { KernelFiles, ReadOptions } from "./kernel-files.ts";
import { noMeasurement, type Reading } from "./reading.ts";

const FOLDER = "sys/bus/w1/devices";
const THERMOMETER = /^(10|22|28|42)-[0-9a-f]{12}$/;

/** Nine bytes of the scratchpad and the verdict; the kernel has written yes and YES. */
const VERDICT = /^((?:[0-9a-f]{2} ){9}): crc=[0-9a-f]{2} (yes|no)\s*$/im;
const MILLIDEGREES = /\bt=(-?\d+)\s*$/;

/** What the register holds from power-on until the first conversion has ended. */
const POWER_ON_MILLIDEGREES = 85_000;

/** DS18B20, DS18S20 and DS1822 measure within these; DS28EA00 less. */
const LOWEST_MILLIDEGREES = -55_000;
const HIGHEST_MILLIDEGREES = 125_000;

/** More thermometers than a line carries. */
const THERMOMETERS_MAX = 256;

export async function listThermometers(files: KernelFiles): Promise<readonly string[]> {
  const names = await files.list(files.path(FOLDER));
  return names.filter((name) => THERMOMETER.test(name)).slice(0, THERMOMETERS_MAX);
}

/** Rejects with a `Fault` where the thermometer is not there or does not answer. */
export async function readThermometer(
  files: KernelFiles,
  id: string,
  options: ReadOptions,
): Promise<Reading> {
  const path = files.path(FOLDER, id, "w1_slave");
  await assertThere(files, id);
  const text = await files.read(path, options);
  const place = `Thermometer ${id}`;
  const [, bytes, verdict] = VERDICT.exec(text) ?? [];
  const millidegrees = Number(MILLIDEGREES.exec(text)?.[1]);
  // The kernel gives an empty file when nothing on the line took the command.
  if (bytes === undefined || verdict === undefined || Number.isNaN(millidegrees)) {
    throw new Fault(
      "BUS_UNREACHABLE",
      `${place} does not answer.`,
      "Look at its wires and at the pull-up of 4.7 kΩ between data and supply.",
    );
  }
  if (verdict.toLowerCase() !== "yes") {
    throw new Fault(
      "BUS_CHECKSUM",
      `${place} answers with a wrong checksum.`,
      "Shorten the wires, take a stronger pull-up, or supply the sensor by a wire of its own.",
    );
  }
  return judged(bytes, millidegrees, place);
}

function judged(bytes: string, millidegrees: number, place: string): Reading {
  // Eight zeros have the checksum zero: a line that is shorted passes for 0 °C.
  if (/^(00 )+$/.test(bytes)) {
    return noMeasurement(place, "answers with zeros alone", "Is its line shorted to ground?");
  }
  if (millidegrees === POWER_ON_MILLIDEGREES) {
    return noMeasurement(
      place,
      "gives 85 °C, which is what it holds after power-on before it has measured",
      "Its supply fails during the conversion: look at its wires and at the supply.",
    );
  }
  if (millidegrees < LOWEST_MILLIDEGREES || millidegrees > HIGHEST_MILLIDEGREES) {
    return noMeasurement(
      place,
      `gives ${millidegrees / 1_000} °C, which it cannot measure`,
      "Look at its wires and at the supply.",
    );
  }
  return { value: millidegrees / 1_000 };
}

async function assertThere(files: KernelFiles, id: string): Promise<void> {
  const there = await listThermometers(files);
  if (there.includes(id)) return;
  throw new Fault(
    "BUS_UNREACHABLE",
    `There is no 1-wire thermometer ${id}; there are: ${there.join(", ") || "none"}.`,
    "Look at its wires; is `dtoverlay=w1-gpio` in the board's configuration?",
  );
}
