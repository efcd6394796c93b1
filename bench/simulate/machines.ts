// The machines of a simulated fleet: their machine files, what their signals read in each state,
// and how finely they are sampled.

import { drivers } from "../../firmware/drivers.ts";
import type { Machine } from "../../firmware/machine-file/machine.ts";
import { parseMachineFile } from "../../firmware/machine-file/parse-machine-file.ts";
import { sha256Hex } from "../../runtime/ledger/bytes.ts";
import type { SeededRandom } from "../../runtime/testing/seeded-random.ts";
import type { TrueState } from "./machine-truth.ts";

export interface Habit {
  /** `null`: each change is sampled at its very instant. Otherwise the period of the polls. */
  readonly pollMs: number | null;
  readonly minOnMs: number;
  readonly minOffMs: number;
  readonly zone: string;
}

const ZONES = [
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kolkata",
  "America/Sao_Paulo",
] as const;

/** An odd machine is sampled at the instant of each change and debounces nothing: all is exact. */
export function habitOf(machine: number, random: SeededRandom): Habit {
  const zone = ZONES[machine % ZONES.length]!;
  if (machine % 2 === 1) return { pollMs: null, minOnMs: 0, minOffMs: 0, zone };
  return {
    pollMs: random.pick([200, 500, 1_000]),
    minOnMs: random.pick([0, 1_000, 2_000]),
    minOffMs: random.pick([0, 1_000, 3_000]),
    zone,
  };
}

/** A configuration in force: how long a value holds decides how far the world may leap. */
export interface Configuration {
  readonly machine: Machine;
  readonly sha256: string;
  readonly staleMs: number;
}

/** Samples come each few seconds, as from a device that is asked. */
export const STALE_CLOSE_MS = 3_000;
/** Samples come on change and each quarter of an hour: a quiet month is a few thousand of them. */
export const STALE_WIDE_MS = 20 * 60_000;

export function configurationOf(habit: Habit, staleMs: number): Configuration {
  const hold = `minOn: ${habit.minOnMs}ms, minOff: ${habit.minOffMs}ms`;
  const text = `
telltale: 1
machine: { maker: Simulated, model: Press, serialNumber: "1" }
buses: { bus: { driver: simulated } }
devices: { press: { bus: bus, every: 200ms } }
signals:
  current: { device: press, unit: A, wave: { constant: 0 }, stale: ${staleMs}ms }
  faultWord: { device: press, wave: { constant: 0 }, stale: ${staleMs}ms }
  runContact: { device: press, wave: { constant: 0 }, stale: ${staleMs}ms }
usage:
  FAULT: { signal: faultWord, bits: 0x4 }
  WORKING: { signal: current, above: 45, hysteresis: 5, ${hold} }
  IDLE: { signal: current, above: 12, ${hold} }
  STANDBY: { signal: current, above: 0.3 }
  conflicts:
    running:
      between:
        - { signal: runContact, above: 0.5 }
        - { signal: current, above: 45, hysteresis: 5, ${hold} }
      longerThan: 10s
`;
  const parsed = parseMachineFile(text, "simulated.yaml", drivers);
  if ("problems" in parsed) throw new TypeError(JSON.stringify(parsed.problems));
  return { machine: parsed.machine, sha256: sha256Hex(text), staleMs };
}

const AMPERES: Readonly<Record<TrueState, number>> = {
  OFF: 0,
  STANDBY: 0.5,
  IDLE: 20,
  WORKING: 60,
  FAULT: 0.5,
};

/** What the run contact does: it tells the truth, or is welded shut, or its wire is off. */
export type Contact = "true" | "shut" | "open";

/** What the signals read, in the order of the machine file. */
export function readingsOf(state: TrueState, contact: Contact): readonly number[] {
  const closes = contact === "true" ? state === "WORKING" : contact === "shut";
  return [AMPERES[state], state === "FAULT" ? 0x14 : 0, closes ? 1 : 0];
}
