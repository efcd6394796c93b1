// The clock of this controller: which boot it is, and whether a time daemon vouches for the wall
// clock.

import { existsSync, readFileSync } from "node:fs";
import { HostClock } from "./clock.ts";

const BOOT_ID = "/proc/sys/kernel/random/boot_id";
/** systemd-timesyncd makes this file when it has synchronised once since boot. */
const TIMESYNC = "/run/systemd/timesync/synchronized";

/** @param onStep called when the wall clock was set, with the milliseconds it moved by. */
export function controllerClock(onStep?: (byMs: number) => void): HostClock {
  const boot = readFileSync(BOOT_ID, "utf8").trim();
  const synchronised = () => existsSync(TIMESYNC);
  return new HostClock({ boot, synchronised, ...(onStep ? { onStep } : {}) });
}
