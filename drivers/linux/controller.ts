// Readings of the controller itself: uptime, load, memory, disks, thermal zones, and what the
// firmware of a Raspberry Pi says of its supply and its clock.

import { Fault } from "../../runtime/signal/fault.ts";
import { listChips } from "./chip.ts";
import type { KernelFiles, ReadOptions } from "./kernel-files.ts";
import { noMeasurement, notThere, numberOf, type Reading, scaled } from "./reading.ts";
import type { ControllerReading, DiskSettings } from "./settings.ts";

/**
 * Bits of the firmware's answer (Raspberry Pi documentation, `vcgencmd get_throttled`). The latched
 * ones stay set until somebody clears them; see the README on who does.
 */
const FIRMWARE_BITS: Partial<Readonly<Record<ControllerReading, number>>> = {
  underVoltage: 0,
  frequencyCapped: 1,
  throttled: 2,
  softTemperatureLimit: 3,
  underVoltageLatched: 16,
  frequencyCappedLatched: 17,
  throttledLatched: 18,
  softTemperatureLimitLatched: 19,
};

const LOADS: Partial<Readonly<Record<ControllerReading, number>>> = {
  load1: 0,
  load5: 1,
  load15: 2,
};

const ZONES_MAX = 256;

export async function readController(
  files: KernelFiles,
  wanted: ControllerReading,
  options: ReadOptions,
): Promise<Reading> {
  const bit = FIRMWARE_BITS[wanted];
  if (bit !== undefined) return await readFirmwareBit(files, wanted, bit, options);
  const load = LOADS[wanted];
  if (load !== undefined) return await field(files, "proc/loadavg", load);
  if (wanted === "uptime") return await field(files, "proc/uptime", 0);
  const total = await memory(files, "MemTotal");
  const available = await memory(files, "MemAvailable");
  if (total === null || available === null || total === 0) {
    return noMeasurement("/proc/meminfo", "has no such line", "Is this a Linux kernel?");
  }
  if (wanted === "memoryTotal") return { value: total };
  return { value: wanted === "memoryAvailable" ? available : (100 * available) / total };
}

/** A zone by its type. */
export async function readThermalZone(
  files: KernelFiles,
  type: string,
  options: ReadOptions,
): Promise<Reading> {
  const zones = await listThermalZones(files);
  const [zone, ...others] = zones.filter((each) => each.type === type);
  if (zone === undefined) {
    const types = zones.map((each) => each.type).join(", ") || "none";
    return notThere(`There is no thermal zone ${type}.`, `The types that are there: ${types}.`);
  }
  if (others.length > 0) {
    return notThere(
      `${others.length + 1} thermal zones are of the type ${type}.`,
      "Read the chip behind the one that is meant, as a device with `hwmon`.",
    );
  }
  return scaled(await files.read(`${zone.folder}/temp`, options), 1_000, `Thermal zone ${type}`);
}

export async function listThermalZones(
  files: KernelFiles,
): Promise<readonly { readonly folder: string; readonly type: string }[]> {
  const folder = files.path("sys/class/thermal");
  const names = (await files.list(folder)).filter((name) => /^thermal_zone\d+$/.test(name));
  const zones: { folder: string; type: string }[] = [];
  for (const name of names.slice(0, ZONES_MAX)) {
    const type = await files.knownOrNull(`${folder}/${name}/type`);
    if (type !== null) zones.push({ folder: `${folder}/${name}`, type });
  }
  return zones;
}

/** A disk that is not mounted would give the figures of the one below: it has to be mounted. */
export async function readDisk(
  files: KernelFiles,
  { mount, quantity }: DiskSettings,
  options: ReadOptions,
): Promise<Reading> {
  const mounts = await listMounts(files);
  if (!mounts.includes(mount)) {
    throw new Fault(
      "BUS_UNREACHABLE",
      `Nothing is mounted at ${mount}.`,
      "Mount it, or write one of the places that `mount` without arguments lists.",
    );
  }
  const space = await files.space(files.path(mount), options);
  if (quantity === "free") return { value: space.freeBytes };
  if (quantity === "total") return { value: space.bytes };
  const [part, whole] =
    quantity === "freeShare" ? [space.freeBytes, space.bytes] : [space.freeInodes, space.inodes];
  if (whole > 0) return { value: (100 * part) / whole };
  return notThere(
    `The file system at ${mount} does not count what \`${quantity}\` asks for.`,
    "Take another quantity of this disk.",
  );
}

export async function listMounts(files: KernelFiles): Promise<readonly string[]> {
  const lines = (await files.known(files.path("proc/self/mounts"))).split("\n");
  return lines.map((line) => unescaped(line.split(" ")[1] ?? "")).filter((path) => path !== "");
}

/** The kernel writes spaces and the like in octal. */
function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(parseInt(digits, 8)));
}

/** Where the firmware's answer is: below a folder whose name has the address of the chip in it. */
async function firmwareFile(files: KernelFiles): Promise<string | null> {
  const platform = files.path("sys/devices/platform");
  for (const soc of (await files.list(platform)).filter((name) => name.startsWith("soc"))) {
    const names = await files.list(`${platform}/${soc}`);
    const firmware = names.find((name) => name.endsWith(":firmware"));
    if (firmware === undefined) continue;
    const path = `${platform}/${soc}/${firmware}/get_throttled`;
    if ((await files.real(path)) !== null) return path;
  }
  return null;
}

async function readFirmwareBit(
  files: KernelFiles,
  wanted: ControllerReading,
  bit: number,
  options: ReadOptions,
): Promise<Reading> {
  if (wanted === "underVoltage") {
    const alarm = await underVoltageAlarm(files);
    // The kernel's driver asks every 2 s for what happened since: a short dip is not missed.
    if (alarm !== null) return scaled(await files.read(alarm, options), 1, "rpi_volt");
  }
  const path = await firmwareFile(files);
  if (path === null) {
    return notThere(
      `This controller's firmware does not tell \`${wanted}\`.`,
      "It is there on a Raspberry Pi with its own kernel; take the signal out elsewhere.",
    );
  }
  const text = (await files.read(path, options)).trim();
  // Hexadecimal, without a sign that says so.
  if (!/^(0x)?[0-9a-f]{1,8}$/i.test(text)) {
    return noMeasurement(path, "holds no hexadecimal number", "Is the firmware up to date?");
  }
  return { value: Math.floor(Number.parseInt(text, 16) / 2 ** bit) % 2 };
}

async function underVoltageAlarm(files: KernelFiles): Promise<string | null> {
  const chips = await listChips(files, "hwmon");
  const chip = chips.find(({ name }) => name === "rpi_volt");
  return chip?.attributes.includes("in0_lcrit_alarm") ? `${chip.folder}/in0_lcrit_alarm` : null;
}

async function field(files: KernelFiles, name: string, position: number): Promise<Reading> {
  const fields = (await files.known(files.path(name))).trim().split(/\s+/);
  return scaled(fields[position] ?? "", 1, `/${name}`);
}

/** Bytes of one line of /proc/meminfo, which counts in KiB whatever it writes. */
async function memory(files: KernelFiles, key: string): Promise<number | null> {
  const text = await files.known(files.path("proc/meminfo"));
  const match = new RegExp(`^${key}:\\s*(\\d+) kB$`, "m").exec(text);
  const kibibytes = numberOf(match?.[1] ?? "");
  return kibibytes === null ? null : kibibytes * 1_024;
}
