// Buses and devices of the machine file: who is on which line, and which driver speaks there.

import type { Driver } from "../../drivers/driver.ts";
import type { Checker } from "../../runtime/schema/issues.ts";
import { entriesOf, readEntry, readSettings, resolve } from "./entries.ts";
import { BUSES_MAX, busKeys, DEVICES_MAX, deviceKeys } from "./file-schema.ts";
import type { MachineBus, MachineDevice, MachinePoint } from "./machine.ts";

export interface ReadBus {
  readonly name: string;
  /** Null where the driver is unknown or the entry has problems: no one should stumble again. */
  readonly driver: Driver | null;
  readonly settings: unknown;
  readonly devices: ReadDevice[];
}

export interface ReadDevice {
  readonly name: string;
  readonly driver: Driver | null;
  readonly everyMs: number;
  readonly settings: unknown;
  /** Filled by the signals and waveforms that name this device. */
  readonly points: MachinePoint[];
}

export function readBuses(
  checker: Checker,
  section: unknown,
  drivers: readonly Driver[],
): Map<string, ReadBus> {
  const byName = new Map(drivers.map((driver) => [driver.name, driver]));
  const buses = new Map<string, ReadBus>();
  for (const [name, entry] of entriesOf(checker, "buses", section, BUSES_MAX)) {
    const path = ["buses", name];
    const { common, rest } = readEntry(checker, path, entry, busKeys);
    const driver = common && resolve(checker, [...path, "driver"], "driver", common.driver, byName);
    const settings =
      driver && readSettings(checker, path, rest, driver.bus, Object.keys(busKeys.shape));
    buses.set(name, { name, driver: driver ?? null, settings, devices: [] });
  }
  return buses;
}

export function readDevices(
  checker: Checker,
  section: unknown,
  buses: ReadonlyMap<string, ReadBus>,
): Map<string, ReadDevice> {
  const devices = new Map<string, ReadDevice>();
  for (const [name, entry] of entriesOf(checker, "devices", section, DEVICES_MAX)) {
    const path = ["devices", name];
    const { common, rest } = readEntry(checker, path, entry, deviceKeys);
    const bus = common && resolve(checker, [...path, "bus"], "bus", common.bus, buses);
    const driver = bus?.driver ?? null;
    const settings =
      driver && readSettings(checker, path, rest, driver.device, Object.keys(deviceKeys.shape));
    const device = { name, driver, everyMs: common?.every ?? 1_000, settings, points: [] };
    bus?.devices.push(device);
    devices.set(name, device);
  }
  return devices;
}

/** Only for a file without problems: every bus has its driver then. */
export function machineBuses(buses: ReadonlyMap<string, ReadBus>): readonly MachineBus[] {
  return [...buses.values()].map(({ name, driver, settings, devices }) => ({
    name,
    driver: driver!,
    settings,
    devices: devices.map(
      (device): MachineDevice => ({
        name: device.name,
        everyMs: device.everyMs,
        settings: device.settings,
        points: device.points,
      }),
    ),
  }));
}
