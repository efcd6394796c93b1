// A device of this driver: one chip that the kernel reads, or the controller itself.

import { Fault, type FaultCode } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Reason } from "../../runtime/signal/quality.ts";
import type { Device, DeviceContext } from "../driver.ts";
import { type Chip, type ChipWanted, findChip, isStillThere } from "./chip.ts";
import { readController, readDisk, readThermalZone } from "./controller.ts";
import { readHwmon } from "./hwmon.ts";
import { readIio } from "./iio.ts";
import type { KernelFiles, ReadOptions } from "./kernel-files.ts";
import { readThermometer } from "./one-wire.ts";
import { notThere, type Reading } from "./reading.ts";
import type { DeviceSettings, PointSettings } from "./settings.ts";

const REASONS: Partial<Readonly<Record<FaultCode, Reason>>> = {
  BUS_TIMEOUT: "timeout",
  BUS_CHECKSUM: "checksum",
  BUS_EXCEPTION: "exception",
  SETTING_INVALID: "not-configured",
};

/** What concerns the device and not one of its readings. */
const OF_THE_DEVICE: ReadonlySet<FaultCode> = new Set([
  "BUS_UNREACHABLE",
  "BUS_TIMEOUT",
  "BUS_FORBIDDEN",
  "BUS_CHECKSUM",
]);

export class LinuxDevice implements Device {
  readonly #context: DeviceContext<DeviceSettings, PointSettings>;
  readonly #files: KernelFiles;
  readonly #clock: Clock;
  readonly #wanted: ChipWanted | null;
  /** Found by name, and looked for again when it is no longer where it was. */
  #chip: Chip | null = null;

  constructor(
    context: DeviceContext<DeviceSettings, PointSettings>,
    files: KernelFiles,
    clock: Clock,
  ) {
    this.#context = context;
    this.#files = files;
    this.#clock = clock;
    const { hwmon, iio, at } = context.settings;
    if (hwmon !== undefined) this.#wanted = { kind: "hwmon", name: hwmon, at };
    else if (iio !== undefined) this.#wanted = { kind: "iio", name: iio, at };
    else this.#wanted = null;
  }

  async read(): Promise<void> {
    const { points, sink } = this.#context;
    const chip = this.#wanted === null ? null : await this.#find(this.#wanted);
    let answered = 0;
    let first: Fault | null = null;
    for (const [index, { settings }] of points.entries()) {
      const reading = await this.#attempt(chip, settings);
      const at = this.#clock.mono();
      if (!(reading instanceof Fault)) {
        answered += 1;
        if ("value" in reading) sink.sample(index, reading.value, at);
        else sink.bad(index, reading.reason, at, reading.fault);
        continue;
      }
      first ??= reading;
      // A chip that hangs would hang for each of its readings: the bus behind it waits once.
      const isHung = chip !== null && reading.code === "BUS_TIMEOUT";
      if (isHung || reading.code === "BUS_CLOSED") throw reading;
      sink.bad(index, REASONS[reading.code] ?? "not-connected", at, reading);
    }
    if (first !== null && answered === 0 && OF_THE_DEVICE.has(first.code)) throw first;
  }

  async write(): Promise<void> {
    throw new Fault(
      "WRITE_REFUSED",
      `Device ${this.#context.name}: what the kernel reads is not written through here.`,
      "Use an output of a gpio, modbus or firmata bus.",
    );
  }

  async #find(wanted: ChipWanted): Promise<Chip> {
    const known = this.#chip;
    if (known !== null && (await isStillThere(this.#files, known))) return known;
    this.#chip = null;
    this.#chip = await findChip(this.#files, wanted);
    return this.#chip;
  }

  /** A `Fault` where the kernel did not answer. */
  async #attempt(chip: Chip | null, point: PointSettings): Promise<Reading | Fault> {
    try {
      return await this.#readPoint(chip, point);
    } catch (error) {
      if (error instanceof Fault) return error;
      throw error;
    }
  }

  async #readPoint(chip: Chip | null, point: PointSettings): Promise<Reading> {
    const { settings, wire } = this.#context;
    const options: ReadOptions = { lane: "chip", timeoutMs: settings.timeout, wire };
    const files = this.#files;
    const { channel, controller, thermal, disk } = point;
    if (settings.oneWire !== undefined) {
      if (Object.keys(point).length > 0) return this.#misplaced("a thermometer has one reading");
      return await readThermometer(files, settings.oneWire, { ...options, lane: "oneWire" });
    }
    if (chip !== null) {
      if (channel === undefined) return this.#misplaced("a reading of a chip has a `channel`");
      const readChip = chip.kind === "hwmon" ? readHwmon : readIio;
      return await readChip(files, chip, channel, options);
    }
    if (controller !== undefined) return await readController(files, controller, options);
    if (thermal !== undefined) return await readThermalZone(files, thermal, options);
    if (disk !== undefined) return await readDisk(files, disk, options);
    return this.#misplaced("without a chip it has `controller`, `thermal` or `disk`");
  }

  #misplaced(why: string): Reading {
    return notThere(
      `Device ${this.#context.name}: the signal's keys do not fit; ${why}.`,
      "Give the signal the keys of its device's kind; the driver's README has a table of them.",
    );
  }
}
