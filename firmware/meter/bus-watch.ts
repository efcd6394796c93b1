// Tells people when a bus cannot keep the schedule of the machine file: an alarm in the state and
// in the journal, and a line in the log.

import type { Log } from "../../runtime/signal/log.ts";
import { BusSchedule, type ScheduleChange } from "../../runtime/supervise/bus-schedule.ts";
import type { DeviceSummary } from "../../runtime/supervise/poller.ts";
import type { MachineBus } from "../machine-file/machine.ts";
import type { SystemAlarm } from "./meter-alarms.ts";

/** A warning: nothing is wrong yet, but values come less often than was meant. */
const SEVERITY = 400;

export interface BusWatchParts {
  readonly buses: readonly MachineBus[];
  readonly summaries: () => readonly DeviceSummary[];
  readonly onAlarm: (alarm: SystemAlarm, state: "active" | "cleared") => void;
  readonly log: Log;
}

export class BusWatch {
  readonly #parts: BusWatchParts;
  readonly #schedules: ReadonlyMap<string, BusSchedule>;

  constructor(parts: BusWatchParts) {
    this.#parts = parts;
    this.#schedules = new Map(parts.buses.map(({ name }) => [name, new BusSchedule()]));
  }

  /** Call each SCHEDULE_LOOK_MS. */
  look(): void {
    const { buses, summaries, onAlarm, log } = this.#parts;
    const byName = new Map(summaries().map((summary) => [summary.name, summary]));
    for (const bus of buses) {
      const counts = bus.devices.flatMap(({ name, everyMs }) => {
        const summary = byName.get(name);
        return summary ? [{ ...summary, everyMs, isUp: summary.state === "up" }] : [];
      });
      const change = this.#schedules.get(bus.name)!.look(counts);
      if (change === null) continue;
      const alarm = alarmOf(bus.name, change);
      if (change.isLate) log.warn(alarm.text, { bus: bus.name, device: change.device });
      else log.info(`bus ${bus.name} keeps its schedule again`);
      onAlarm(alarm, change.isLate ? "active" : "cleared");
    }
  }
}

function alarmOf(bus: string, { device, everyMs, neededMs }: ScheduleChange): SystemAlarm {
  return {
    // With dots, which no alarm of a machine file has in its name.
    id: `bus.${bus}.schedule`,
    source: `bus ${bus}`,
    ne107: "out-of-specification",
    severity: SEVERITY,
    text:
      `Bus ${bus} needs ${seconds(neededMs)} s for what is asked of it every ` +
      `${seconds(everyMs)} s (device ${device}): ask less often, or split the bus.`,
  };
}

function seconds(ms: number): string {
  return String(Number((ms / 1_000).toPrecision(2)));
}
