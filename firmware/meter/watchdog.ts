// Opens the controller's watchdog for the meter, where the machine file names one. A controller
// without it meters on, and says so.

import type { Journal } from "../../runtime/journal/journal.ts";
import { reasonOf } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import { WatchdogDevice, watchdogFacts } from "../host/watchdog-device.ts";
import type { Machine } from "../machine-file/machine.ts";
import type { Metering } from "./metering.ts";
import { WatchdogKeeper } from "./watchdog-keeper.ts";

export interface WatchdogParts {
  readonly machine: Machine;
  readonly metering: Metering;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

/** The keeper; or a sentence that says why there is none; or null where none was asked for. */
export function openWatchdog(parts: WatchdogParts): WatchdogKeeper | string | null {
  const { machine, metering, journal, clock, timers, log } = parts;
  if (machine.watchdog === null) return null;
  const { device } = machine.watchdog;
  try {
    return new WatchdogKeeper({
      watchdog: new WatchdogDevice(device),
      timeoutMs: watchdogFacts(device).timeoutMs,
      commitEveryMs: machine.journal.commitEveryMs,
      work: () => {
        const { pendingRows, refusal } = journal.pressure;
        return {
          settledAt: metering.usage.settledAt,
          committedSeq: journal.committed.newest,
          pendingRows,
          isRefused: refusal !== null,
        };
      },
      timers,
      now: () => clock.mono(),
      onFailure: (error) =>
        log.error("the watchdog takes nothing any more; nothing resets a meter that hangs", {
          device,
          reason: reasonOf(error),
        }),
    });
  } catch (error) {
    const why = reasonOf(error);
    return `the watchdog ${device} cannot be used (${why}); nothing resets a meter that hangs`;
  }
}

/** Puts on record why the controller was reset last, where its hardware tells. */
export function recordLastReset({ machine, journal, clock }: WatchdogParts): void {
  if (machine.watchdog === null) return;
  const { device } = machine.watchdog;
  const { identity, lastReset } = watchdogFacts(device);
  if (lastReset === null) return;
  const detail = { boot: clock.boot, device, identity, lastReset };
  journal.record("boot", { name: "watchdog", detail }, clock.mono());
}
