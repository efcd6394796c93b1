// Which serial ports a Linux machine has, under which names, and who holds one of them: read from
// /dev, /sys and /proc, because the package's own list is empty where udev does not run.

import type { Dirent } from "node:fs";
import { readdir, readFile, readlink, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Where a Linux system keeps what is looked at here; tests give another place for some of it. */
export interface SerialPlaces {
  readonly byId: string;
  readonly dev: string;
  readonly sysTty: string;
  readonly proc: string;
  /** Where programs of old leave `LCK..ttyUSB0` with their process id in it. */
  readonly locks: readonly string[];
  readonly groups: string;
}

export const LINUX: SerialPlaces = {
  byId: "/dev/serial/by-id",
  dev: "/dev",
  sysTty: "/sys/class/tty",
  proc: "/proc",
  locks: ["/run/lock", "/var/lock"],
  groups: "/etc/group",
};

export interface SerialPortInfo {
  /** The device file: `/dev/ttyUSB0`. Which number an adapter gets depends on who was first. */
  readonly path: string;
  /** The name that stays with the adapter, below /dev/serial/by-id; null where it has none. */
  readonly byId: string | null;
  readonly maker: string | null;
  readonly product: string | null;
  readonly serialNumber: string | null;
}

/** From a tty up to its USB device there are two or three folders. */
const USB_PARENTS_MAX = 6;

/** Processes that are looked at for the holder of a port: more than a controller runs. */
const PROCESSES_MAX = 4_096;

/** A port seldom has two; more of them would only fill the message. */
const HOLDERS_MAX = 4;

/**
 * What Node calls its first thread: of a meter, or of any other program in Node, it tells nothing.
 */
const NODE_THREAD = "MainThread";

/** `node main.ts meter machine.yaml`; what follows would only fill the message. */
const COMMAND_WORDS_MAX = 4;

/** The ports that are there now, by path. Ports that a kernel only reserves are left out. */
export async function listSerialPorts(
  places: SerialPlaces = LINUX,
): Promise<readonly SerialPortInfo[]> {
  const byId = await namesById(places);
  const ports = new Map<string, SerialPortInfo>();
  for (const name of await namesIn(places.sysTty)) {
    const device = await orNull(realpath(join(places.sysTty, name, "device")));
    // A console, a pseudo-terminal and the like have no device behind them.
    if (device === null || !(await isWired(join(places.sysTty, name)))) continue;
    const path = join(places.dev, name);
    ports.set(path, { path, byId: byId.get(path) ?? null, ...(await makerOf(device)) });
  }
  for (const [path, name] of byId) {
    if (!ports.has(path)) {
      ports.set(path, { path, byId: name, maker: null, product: null, serialNumber: null });
    }
  }
  return [...ports.values()].sort((one, other) => one.path.localeCompare(other.path));
}

/** `/dev/ttyUSB0 (by-id name …, maker and product)`, for a message or a list. */
export function describePort({ path, byId, maker, product }: SerialPortInfo): string {
  const known = [byId, [maker, product].filter((word) => word !== null).join(" ")];
  const words = known.filter((word) => word !== null && word !== "");
  return words.length === 0 ? path : `${path} (${words.join(", ")})`;
}

/**
 * Who has this device file open, as far as this user may see: `minicom (process 812)`, several with
 * `and` between them; null where nobody is seen.
 */
export async function holderOf(path: string, places: SerialPlaces = LINUX): Promise<string | null> {
  const target = (await orNull(realpath(path))) ?? path;
  const pids = (await namesIn(places.proc)).filter((name) => /^\d+$/.test(name));
  const holders: string[] = [];
  for (const pid of pids.slice(0, PROCESSES_MAX)) {
    if (holders.length >= HOLDERS_MAX) break;
    if (await hasOpen(pid, target, places)) holders.push(await nameOf(pid, places));
  }
  return holders.length === 0 ? null : holders.join(" and ");
}

/** Who claims it by a lock file and still runs; programs that do so need not lock otherwise. */
export async function lockHolderOf(
  path: string,
  places: SerialPlaces = LINUX,
): Promise<string | null> {
  const target = (await orNull(realpath(path))) ?? path;
  const name = `LCK..${target.replace(/^\/dev\//, "").replaceAll("/", "_")}`;
  for (const folder of places.locks) {
    const pid = (await orNull(readFile(join(folder, name), "latin1")))?.trim().slice(0, 10);
    if (pid === undefined || !/^\d+$/.test(pid) || pid === String(process.pid)) continue;
    // The lock of a process that is gone holds nobody back.
    if ((await orNull(readFile(join(places.proc, pid, "comm")))) === null) continue;
    return `${await nameOf(pid, places)}, which left ${join(folder, name)}`;
  }
  return null;
}

/** The name of a group, or its number where it has none. */
export async function groupName(gid: number, places: SerialPlaces = LINUX): Promise<string> {
  const lines = ((await orNull(readFile(places.groups, "utf8"))) ?? "").split("\n");
  const line = lines.find((each) => each.split(":")[2] === String(gid));
  return line?.split(":")[0] ?? `group ${gid}`;
}

async function hasOpen(pid: string, target: string, places: SerialPlaces): Promise<boolean> {
  const folder = join(places.proc, pid, "fd");
  for (const fd of await namesIn(folder)) {
    if ((await orNull(readlink(join(folder, fd)))) === target) return true;
  }
  return false;
}

async function nameOf(pid: string, places: SerialPlaces): Promise<string> {
  if (pid === String(process.pid)) return `this process itself (${pid})`;
  const name = (await orNull(readFile(join(places.proc, pid, "comm"), "utf8")))?.trim();
  const told = name === NODE_THREAD ? ((await commandOf(pid, places)) ?? "node") : name;
  return `${told ?? "a program"} (process ${pid})`;
}

/** How a program was started, without its folders: `node main.ts meter machine.yaml`. */
async function commandOf(pid: string, places: SerialPlaces): Promise<string | null> {
  const line = await orNull(readFile(join(places.proc, pid, "cmdline"), "utf8"));
  const words = (line ?? "").split("\0").filter((word) => word !== "" && !word.startsWith("-"));
  if (words.length === 0) return null;
  return words
    .slice(0, COMMAND_WORDS_MAX)
    .map((word) => basename(word))
    .join(" ");
}

/** Names by device file. */
async function namesById(places: SerialPlaces): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of await namesIn(places.byId)) {
    const path = await orNull(realpath(join(places.byId, name)));
    if (path !== null) found.set(path, name);
  }
  return found;
}

/** The kernel's 8250 driver reserves ttyS0 to ttyS3; those without a chip are of type 0. */
async function isWired(folder: string): Promise<boolean> {
  return (await orNull(readFile(join(folder, "type"), "latin1")))?.trim() !== "0";
}

async function makerOf(device: string) {
  let folder = device;
  for (let level = 0; level < USB_PARENTS_MAX; level++, folder = dirname(folder)) {
    if ((await textOf(folder, "idVendor")) === null) continue;
    return {
      maker: await textOf(folder, "manufacturer"),
      product: await textOf(folder, "product"),
      serialNumber: await textOf(folder, "serial"),
    };
  }
  return { maker: null, product: null, serialNumber: null };
}

async function textOf(folder: string, name: string): Promise<string | null> {
  const text = (await orNull(readFile(join(folder, name), "utf8")))?.trim();
  return text === undefined || text === "" ? null : text;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const entries = await orNull<Dirent[]>(readdir(folder, { withFileTypes: true }));
  return (entries ?? []).map((entry) => basename(entry.name));
}

/** What comes and goes, or belongs to somebody else, is absent: that is an answer here. */
async function orNull<Value>(attempt: Promise<Value>): Promise<Value | null> {
  try {
    return await attempt;
  } catch {
    // Absent, and not for this user's eyes, are the same answer.
    return null;
  }
}
