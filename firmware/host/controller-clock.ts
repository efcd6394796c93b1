// The clock of this controller: which boot it is, and whether a time daemon vouches for the wall
// clock.

import { existsSync, readFileSync } from "node:fs";
import { HostClock } from "./clock.ts";

const BOOT_ID = "/proc/sys/kernel/random/boot_id";
/** Seconds since boot with those of suspends, in steps of 10 ms. */
const UPTIME = "/proc/uptime";
const RTC = "/sys/class/rtc/rtc0";
/** systemd-timesyncd makes this file when it has synchronised once since boot. */
const TIMESYNC = "/run/systemd/timesync/synchronized";

/** @param onStep called when the wall clock was set, with the milliseconds it moved by. */
export function controllerClock(onStep?: (byMs: number) => void): HostClock {
  const boot = readFileSync(BOOT_ID, "utf8").trim();
  const synchronised = () => existsSync(TIMESYNC);
  return new HostClock({ boot, synchronised, ...(onStep ? { onStep } : {}) });
}

/** Milliseconds since boot on the clock that runs on in a suspend; null where there is none. */
export function sinceBootMs(): number | null {
  const seconds = existsSync(UPTIME) ? Number(readFileSync(UPTIME, "utf8").split(" ")[0]) : NaN;
  return Number.isFinite(seconds) ? Math.round(seconds * 1_000) : null;
}

/** Whether the controller has a clock of its own that runs while it is off. */
export function hasRtc(): boolean {
  return existsSync(RTC);
}
