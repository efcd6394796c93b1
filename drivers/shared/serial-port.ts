// Opens and closes a serial port: the one place that knows the package `serialport`. What it says
// of a failure is turned into a fault that names the port, the reason and what to try.
//
// A port that is unplugged says so by its event `close`; requests that wait for an answer are not
// rejected by it, that is for who waits. Nothing opens a port again by itself, and a port that was
// closed is not used again: open another.

import { stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { basename, join } from "node:path";
import type { SerialPort } from "serialport";
import { schema } from "../../runtime/schema/schema.ts";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import { sleep, type Timers } from "../../runtime/signal/timers.ts";
import { noticeHangUp } from "./hang-up.ts";
import {
  describePort,
  groupName,
  holderOf,
  LINUX,
  listSerialPorts,
  lockHolderOf,
  type SerialPlaces,
} from "./serial-ports.ts";

export type { SerialPort } from "serialport";

/**
 * Opening takes milliseconds; a driver that hangs in the kernel must not hold its bus, also not
 * when it is closed meanwhile, for which it has 2 s.
 */
const OPEN_WAIT_MS = 1_500;

/** Below the second that a stop has for all buses. */
const CLOSE_WAIT_MS = 700;

/** More ports than this in a message help nobody. */
const LISTED_MAX = 16;

/** Rates of Linux: from 50 to the highest that it has a name for. */
const BAUD_RATE_MAX = 4_000_000;

/** The keys of a serial port, for the settings of every driver that uses one. */
export const serialPortKeys = {
  port: schema
    .string()
    .regex(/^(\/.*[^/]|[^/\s]+)$/, "is neither a path nor a name below /dev/serial/by-id")
    .describe("A name below /dev/serial/by-id, which stays with the adapter, or a path"),
  baudRate: schema
    .int()
    .min(50)
    .max(BAUD_RATE_MAX)
    .default(9_600)
    .describe("Bits per second, as the device is set"),
  dataBits: schema.literal([7, 8]).default(8),
  // The package knows mark and space too, but refuses them on Linux.
  parity: schema.enum(["none", "even", "odd"]).default("none"),
  stopBits: schema.literal([1, 2]).default(1),
  rtscts: schema.boolean().default(false).describe("Flow control by the lines RTS and CTS"),
};

export interface SerialPortSettings {
  readonly port: string;
  readonly baudRate: number;
  readonly dataBits: 7 | 8;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
  readonly rtscts: boolean;
}

/** The device file, or the link to it that stays with the adapter. */
export function pathOfPort(port: string, places: SerialPlaces = LINUX): string {
  return port.startsWith("/") ? port : join(places.byId, port);
}

/** A port that was closed a moment ago may still be locked, by a read that is in the kernel. */
const LOCKED = /cannot lock|busy/i;
const LOCK_ATTEMPTS_MAX = 4;
const LOCK_WAIT_MS = 100;

/**
 * Opens a port for this process alone. `place` begins each message: `Bus gps`. Rejects with
 * BUS_UNREACHABLE, BUS_FORBIDDEN or BUS_BUSY, all of which may heal without a restart.
 */
export async function openSerialPort(
  settings: SerialPortSettings,
  place: string,
  timers: Timers,
  places: SerialPlaces = LINUX,
): Promise<SerialPort> {
  const path = pathOfPort(settings.port, places);
  const look = { path, place, places, settings };
  await assertPort(look);
  const { newSerialPort } = await import("./serialport-package.ts");
  const { baudRate, dataBits, parity, stopBits, rtscts } = settings;
  const options = { path, baudRate, dataBits, parity, stopBits, rtscts };
  for (let attempt = 1; ; attempt++) {
    const port = newSerialPort({ ...options, lock: true, autoOpen: false });
    // A failed write says so to who wrote, and the end of a port arrives as `close`: without any
    // listener the same error would end the process.
    port.on("error", () => {});
    const error = await outcomeOf(port, timers);
    if (error === null) {
      noticeHangUp(port);
      return port;
    }
    if (attempt === LOCK_ATTEMPTS_MAX || !LOCKED.test(error.message)) {
      throw await openingFault(error, look);
    }
    await sleep(timers, LOCK_WAIT_MS);
  }
}

/**
 * Throws away what waits to be sent, closes, and never rejects. Closing can hang after a write
 * that did: after a moment nobody waits for it any more, and false is given.
 */
export function closeSerialPort(port: SerialPort, timers: Timers): Promise<boolean> {
  if (!port.isOpen && !port.closing) return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = timers.after(CLOSE_WAIT_MS, () => resolve(false));
    const done = () => {
      timer.cancel();
      resolve(true);
    };
    // A port that is closed meanwhile, because it was pulled out, is closed all the same.
    port.once("close", done);
    port.flush(() => {
      if (port.isOpen) port.close((error) => (error === null ? done() : undefined));
    });
  });
}

interface Look {
  readonly path: string;
  readonly place: string;
  readonly places: SerialPlaces;
  readonly settings: SerialPortSettings;
}

/** What can be known without opening: an open alone would pull DTR and restart some devices. */
async function assertPort(look: Look): Promise<void> {
  const { path, place, places } = look;
  const found = await stat(path).catch((error: Error) => error);
  if (found instanceof Error) throw await openingFault(found, look);
  if (!found.isCharacterDevice()) throw noPort(look);
  const holder = await lockHolderOf(path, places);
  if (holder !== null) throw busy(place, path, holder);
}

/** Null when it is open. One that opens too late is closed again. */
function outcomeOf(port: SerialPort, timers: Timers): Promise<Error | null> {
  return new Promise((resolve) => {
    let isLate = false;
    const timer = timers.after(OPEN_WAIT_MS, () => {
      isLate = true;
      resolve(new Error(`it did not open within ${OPEN_WAIT_MS} ms`));
    });
    port.open((error) => {
      timer.cancel();
      if (isLate && error === null) void closeSerialPort(port, timers);
      else resolve(error);
    });
  });
}

/** The package gives no codes: the system's words in its text are all there is. */
export async function openingFault(error: Error, look: Look): Promise<Fault> {
  const { path, place, places, settings } = look;
  const text = reasonOf(error);
  if (/no such file|ENOENT|ENOTDIR/i.test(text)) return await absent(look);
  if (/permission denied|EACCES|EPERM/i.test(text)) return await forbidden(look);
  if (LOCKED.test(text)) return busy(place, path, await holderOf(path, places));
  if (/inappropriate ioctl/i.test(text)) return noPort(look);
  if (/baud ?rate|invalid argument/i.test(text)) {
    // An adapter that is being pulled out may say so too: it is tried again all the same.
    return new Fault(
      "BUS_UNREACHABLE",
      `${place}: ${path} refuses ${settings.baudRate} baud with these settings (${text}).`,
      "Use a rate, data bits, parity and stop bits that this port has.",
      { cause: error },
    );
  }
  return new Fault(
    "BUS_UNREACHABLE",
    `${place}: ${path} cannot be opened: ${text}.`,
    "Pull the adapter out and put it in again, or look into the kernel's log.",
    { cause: error },
  );
}

async function absent({ path, place, places }: Look): Promise<Fault> {
  const ports = await listSerialPorts(places);
  const list = ports.slice(0, LISTED_MAX).map(describePort).join("; ");
  const isById = path.startsWith(`${places.byId}/`);
  if (ports.length === 0) {
    return new Fault(
      "BUS_UNREACHABLE",
      `${place}: there is no ${path}, and no other serial port.`,
      "Is the adapter plugged in, and is the UART switched on in the board's configuration?",
    );
  }
  const others = isById && ports.some(({ byId }) => byId !== null);
  return new Fault(
    "BUS_UNREACHABLE",
    others
      ? `${place}: adapter ${basename(path)} is not there; another adapter is there: ${list}.`
      : `${place}: there is no ${path}; there are: ${list}.`,
    others
      ? "Plug the right adapter in; where it was replaced, write the other's name under `port`."
      : "Plug the adapter in, or write under `port` the name of one that is there.",
  );
}

async function forbidden({ path, place, places }: Look): Promise<Fault> {
  // A folder above it that lets nobody in hides the file itself.
  const file = await stat(path).catch((error: Error) => error);
  const group = file instanceof Error ? "unknown" : await groupName(file.gid, places);
  const isGroupLetIn = !(file instanceof Error) && (file.mode & 0o060) === 0o060;
  return new Fault(
    "BUS_FORBIDDEN",
    `${place}: user ${userName()} may not open ${path}, which belongs to the group ${group}.`,
    isGroupLetIn
      ? `Put the user into the group ${group} (usermod -a -G ${group} USER) and start again.`
      : "Its mode lets not even that group in: correct the udev rule that made it.",
  );
}

function busy(place: string, path: string, holder: string | null): Fault {
  return new Fault(
    "BUS_BUSY",
    `${place}: ${path} is in use by ${holder ?? "a program that this user may not see"}.`,
    "End that program, or take the port away from it (getty, ModemManager, another bus).",
  );
}

function noPort({ path, place }: Look): Fault {
  return new Fault(
    "BUS_UNREACHABLE",
    `${place}: ${path} is not a serial port.`,
    "Something else has taken its place: remove that, or correct `port`.",
  );
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a number that has no name.
    return String(process.getuid?.());
  }
}
