// For tests: a folder that looks like /sys, /proc and /dev of a controller with the chips that the
// test wants, and the driver that takes it for the system.

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import type { DeviceUnderTest, OpenedBus } from "../shared/test-rig.ts";
import { makeBus } from "../shared/test-rig.ts";
import { linuxDriverAt } from "./linux.ts";

/** What the kernel shows of a chip for a voltage, a current and their power. */
export const INA219 = {
  name: "ina219",
  in1_input: 12_034,
  curr1_input: -250,
  power1_input: 3_008_500,
};

export class Controller implements Disposable {
  readonly clock = new FakeClock({ mono: 5_000 });
  readonly #scratch = scratchDirectory();

  get root(): string {
    return this.#scratch.path;
  }

  at(path: string): string {
    return join(this.root, path);
  }

  write(path: string, text: string | number): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), `${text}\n`);
  }

  remove(path: string): void {
    rmSync(this.at(path), { recursive: true });
  }

  /** A link like those of sysfs: relative, so that it holds wherever the folder is. */
  link(from: string, to: string): void {
    mkdirSync(dirname(this.at(from)), { recursive: true });
    symlinkSync(relative(dirname(this.at(from)), this.at(to)), this.at(from));
  }

  /** A hwmon chip on the first I2C bus; gives its folder. */
  hwmon(number: number, at: string, files: Readonly<Record<string, string | number>>): string {
    const folder = `sys/devices/platform/i2c-1/${at}/hwmon/hwmon${number}`;
    this.#chip(folder, files);
    this.link(`sys/class/hwmon/hwmon${number}`, folder);
    return folder;
  }

  iio(number: number, at: string, files: Readonly<Record<string, string | number>>): string {
    const folder = `sys/devices/platform/i2c-1/${at}/iio:device${number}`;
    this.#chip(folder, files);
    this.link(`sys/bus/iio/devices/iio:device${number}`, folder);
    return folder;
  }

  thermometer(id: string, scratchpad: string, verdict: string, millidegrees: number): void {
    const bytes = scratchpad.slice(-2);
    const first = `${scratchpad} : crc=${bytes} ${verdict}`;
    const text = `${first}\n${scratchpad} t=${millidegrees}`;
    this.write(`sys/bus/w1/devices/${id}/w1_slave`, text);
  }

  /** A bus whose time the test moves. */
  bus(...devices: readonly DeviceUnderTest[]): OpenedBus {
    const { clock } = this;
    return makeBus(linuxDriverAt(this.root), { clock, timers: clock, devices });
  }

  /** One device, read once: what its points have, value or reason. */
  async readOnce(settings: DeviceUnderTest["settings"], ...points: DeviceUnderTest["points"]) {
    const { bus, sinks } = this.bus({ ...(settings && { settings }), points });
    await bus.devices[0]!.read!();
    return points.map((_, index) => sinks[0]!.latest(index));
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }

  #chip(folder: string, files: Readonly<Record<string, string | number>>): void {
    for (const [name, text] of Object.entries(files)) this.write(`${folder}/${name}`, text);
  }
}
