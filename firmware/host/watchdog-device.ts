// The controller's hardware watchdog, as the kernel offers it (Documentation/watchdog): a device
// file that has to be written to before its time is over, else the controller is reset.

import { closeSync, constants, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Any byte is a sign of life; this one, written last, tells the kernel that the end was meant. */
const MAGIC_CLOSE = "V";
const SIGN_OF_LIFE = "\0";

/** The bits of `bootstatus` (linux/watchdog.h), in our words. */
const RESET_REASONS: readonly (readonly [bit: number, reason: string])[] = [
  [0x01, "overheat"],
  [0x02, "fan-fault"],
  [0x10, "under-voltage"],
  [0x20, "watchdog"],
  [0x40, "over-voltage"],
];

/** What the kernel says of a watchdog; null where it does not. */
export interface WatchdogFacts {
  readonly identity: string | null;
  readonly timeoutMs: number | null;
  /** Why the controller was reset last; empty where it was not, or the hardware cannot tell. */
  readonly lastReset: readonly string[] | null;
}

export class WatchdogDevice {
  readonly #descriptor: number;

  /** Opening it starts it. Rejects with what the system says. */
  constructor(path: string) {
    this.#descriptor = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  }

  pet(): void {
    writeSync(this.#descriptor, SIGN_OF_LIFE);
  }

  /** Not disarmed, it goes on and resets the controller unless somebody opens it in time. */
  close(options: { readonly disarm: boolean }): void {
    try {
      if (options.disarm) writeSync(this.#descriptor, MAGIC_CLOSE);
    } finally {
      closeSync(this.#descriptor);
    }
  }
}

/** Node has no ioctl; the kernel tells the same in files, from version 4.7 on. */
export function watchdogFacts(path: string, sysfs = "/sys/dev/char"): WatchdogFacts {
  const folder = join(sysfs, deviceNumbers(path) ?? "none");
  const seconds = readWord(folder, "timeout");
  const status = readWord(folder, "bootstatus");
  return {
    identity: readWord(folder, "identity"),
    timeoutMs: seconds === null ? null : Number(seconds) * 1_000,
    lastReset: status === null ? null : resetReasons(Number(status)),
  };
}

function resetReasons(status: number): readonly string[] {
  return RESET_REASONS.filter(([bit]) => (status & bit) !== 0).map(([, reason]) => reason);
}

/**
 * `10:130`, as /sys/dev/char names it. /dev/watchdog is an alias by which the first watchdog is
 * also known, and has no folder with facts; the first one's own number has.
 */
function deviceNumbers(path: string): string | null {
  const wanted = path === "/dev/watchdog" ? "/dev/watchdog0" : path;
  try {
    const { rdev } = statSync(wanted);
    // Layout of dev_t on Linux: 12 bits of major, the lower 8 of the minor below them.
    return `${(rdev >> 8) & 0xfff}:${(rdev & 0xff) | ((rdev >> 12) & 0xfff00)}`;
  } catch {
    // Without a device there are no facts; opening it says why.
    return null;
  }
}

function readWord(folder: string, name: string): string | null {
  try {
    return readFileSync(join(folder, name), "utf8").trim();
  } catch {
    // A kernel without CONFIG_WATCHDOG_SYSFS has no such files.
    return null;
  }
}
