// Service intervals on any register: how much is left until each is due, and what changed. An
// interval is derived from the registers and from where it began, so that it survives whatever the
// registers survive.

import assert from "node:assert/strict";
import type { ServiceInterval, ServiceState, ServiceStatus } from "./service-status.ts";
import type { Registers } from "./usage-state.ts";

export interface ServiceChange {
  readonly name: string;
  readonly state: "warning" | "due" | "done";
  readonly since: number;
  readonly every: number;
}

interface Running {
  readonly interval: ServiceInterval;
  since: number;
  reported: ServiceState;
}

const SEVERITY: Readonly<Record<ServiceState, number>> = { ok: 0, warning: 1, due: 2 };

export class ServiceIntervals {
  readonly #running: readonly Running[];

  /**
   * @param earlier what SERVICE leaves say, oldest first; those of intervals that are not declared
   * any more are passed over. An interval without any begins at zero.
   */
  constructor(intervals: readonly ServiceInterval[], earlier: readonly ServiceChange[] = []) {
    const newest = new Map(earlier.map((change) => [change.name, change]));
    this.#running = intervals.map((interval) => {
      const { name, every, warn } = interval;
      assert(every > 0 && warn >= 0 && warn < every, "a service warns within its interval");
      const change = newest.get(name);
      // An interval of another length warns anew: what was reported was about the old one.
      const isSame = change !== undefined && change.every === every && change.state !== "done";
      const reported = isSame ? (change.state as ServiceState) : "ok";
      return { interval, since: change?.since ?? 0, reported };
    });
  }

  statuses(registers: Registers): readonly ServiceStatus[] {
    return this.#running.map((running) => {
      const { interval, since } = running;
      const { name, register, every } = interval;
      const remaining = remainingOf(running, registers);
      return { name, register, state: stateOf(interval, remaining), since, every, remaining };
    });
  }

  /** What has newly begun to warn or to be due; each once. */
  update(registers: Registers): readonly ServiceChange[] {
    const changes: ServiceChange[] = [];
    for (const running of this.#running) {
      const { interval, since } = running;
      const state = stateOf(interval, remainingOf(running, registers));
      if (state === "ok" || SEVERITY[state] <= SEVERITY[running.reported]) continue;
      running.reported = state;
      changes.push({ name: interval.name, state, since, every: interval.every });
    }
    return changes;
  }

  /** The service was done: its interval begins anew. Null where there is none of this name. */
  done(name: string, registers: Registers): ServiceChange | null {
    const running = this.#running.find(({ interval }) => interval.name === name);
    if (running === undefined) return null;
    const { register, every } = running.interval;
    running.since = registers[register];
    running.reported = "ok";
    return { name, state: "done", since: running.since, every };
  }
}

function remainingOf({ interval, since }: Running, registers: Registers): number {
  return since + interval.every - registers[interval.register];
}

function stateOf({ warn }: ServiceInterval, remaining: number): ServiceState {
  if (remaining <= 0) return "due";
  return remaining <= warn ? "warning" : "ok";
}
