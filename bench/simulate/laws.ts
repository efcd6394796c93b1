// The laws of DESIGN.md, as far as the truth about a machine can judge them: after every step no
// register has decreased, none holds more than the machine did, and the states sum to the observed
// time. A broken law stops the life.

import {
  observedMs,
  REGISTER_NAMES,
  type Registers,
  STATE_REGISTERS,
} from "../../runtime/usage/usage-state.ts";
import { TRUE_STATES, type TrueState } from "./machine-truth.ts";
import type { StateTimes } from "./oracle.ts";

export class LawBroken extends Error {}

/** Throws where it does not hold. The sentence is made only then: laws are checked at each step. */
export function hold(isTrue: boolean, law: string, said: () => unknown): asserts isTrue {
  if (!isTrue) throw new LawBroken(`${law}: ${JSON.stringify(said())}`);
}

type ByState = Record<TrueState, number>;

export const TIMED_REGISTERS = TRUE_STATES.map((state) => ({
  state,
  register: state.toLowerCase() as Lowercase<TrueState>,
}));

export class Laws {
  steps = 0;
  /** What the machine did while it was observed, by the truth. */
  readonly trueMs: ByState = { OFF: 0, STANDBY: 0, IDLE: 0, WORKING: 0, FAULT: 0 };
  /** How much more and less than the truth what was sampled holds: the sampling uncertainty. */
  readonly sampledOverMs: ByState = { OFF: 0, STANDBY: 0, IDLE: 0, WORKING: 0, FAULT: 0 };
  readonly sampledUnderMs: ByState = { OFF: 0, STANDBY: 0, IDLE: 0, WORKING: 0, FAULT: 0 };
  /** Stretches that a declared minimum on or off time may hide. */
  debouncedMs = 0;
  /** What cuts took: observed, and in no register. */
  lostMs = 0;
  /** Time in UNKNOWN and what is not decided may be any state's. */
  #undecidedMs = 0;
  readonly #base: Registers;
  #before: Registers;
  /** Observed time that stood in the registers when this stretch of observation began. */
  #observedAtStart = 0;
  #startedAt = 0;
  /** Of this stretch: what went to UNKNOWN beside the clock. */
  addedMs = 0;

  constructor(base: Registers) {
    this.#base = base;
    this.#before = base;
  }

  get registers(): Registers {
    return this.#before;
  }

  /** The world went on under observation: the machine did this, and the last sample said that. */
  observed(forMs: number, state: TrueState, sampled: TrueState | null): void {
    this.trueMs[state] += forMs;
    if (sampled === null || sampled === state) return;
    this.sampledOverMs[sampled] += forMs;
    this.sampledUnderMs[state] += forMs;
  }

  /** A meter begins, or goes on after a gap that is in no register. */
  begins(registers: Registers, settledAt: number): void {
    this.#startedAt = settledAt;
    this.#observedAtStart = observedMs(registers);
    this.addedMs = 0;
  }

  /** Milliseconds that went to UNKNOWN beside the clock: a suspend. */
  added(forMs: number): void {
    this.addedMs += forMs;
  }

  /** What the registers hold of the time until then, when all of it is decided. */
  observedUntil(mono: number): number {
    return this.#observedAtStart + this.addedMs + mono - this.#startedAt;
  }

  /** After each step. */
  step(registers: Registers, settledAt: number, now: number): void {
    this.steps++;
    this.#neverDecrease(registers);
    hold(settledAt <= now, "nothing is settled before it was", () => ({ settledAt, now }));
    hold(
      observedMs(registers) === this.observedUntil(settledAt),
      "state registers sum to the observed time",
      () => ({
        registers,
        sum: observedMs(registers),
        observed: this.observedUntil(settledAt),
      }),
    );
    this.#undecidedMs = now - settledAt;
    this.#neverOver(registers);
    this.#neverFarUnder(registers);
  }

  /** The registers as a life found them again: less than before only by what a cut took. */
  recovered(registers: Registers, lostMs: number): void {
    hold(lostMs >= 0, "never over-count after a cut", () => ({ lostMs, registers }));
    this.lostMs += lostMs;
    this.#before = registers;
    this.#undecidedMs = 0;
    this.#neverOver(registers);
    this.#neverFarUnder(registers);
  }

  /** By a second computation from all samples of this life. */
  matches(expected: StateTimes, began: Registers, now: Registers): void {
    for (const name of STATE_REGISTERS) {
      hold(
        now[name] - began[name] === expected[name],
        "registers are exactly what the samples say",
        () => ({ register: name, counted: now[name] - began[name], expected: expected[name] }),
      );
    }
  }

  #neverDecrease(registers: Registers): void {
    for (const name of REGISTER_NAMES) {
      hold(registers[name] >= this.#before[name], "registers never decrease", () => ({
        register: name,
        before: this.#before[name],
        after: registers[name],
      }));
    }
    this.#before = registers;
  }

  /** What the newest registers may hold of a state, beside what they began with. */
  boundsOf(state: TrueState): { readonly least: number; readonly most: number } {
    const unknownMs = this.#before.unknown - this.#base.unknown;
    const openMs = unknownMs + this.#undecidedMs + this.lostMs + this.debouncedMs;
    return {
      least: this.trueMs[state] - this.sampledUnderMs[state] - openMs,
      most: this.trueMs[state] + this.sampledOverMs[state] + this.debouncedMs,
    };
  }

  #neverOver(registers: Registers): void {
    for (const { state, register } of TIMED_REGISTERS) {
      const counted = registers[register] - this.#base[register];
      const { most } = this.boundsOf(state);
      hold(counted <= most, "no register holds more than the machine did", () => ({
        register,
        counted,
        most,
      }));
    }
  }

  #neverFarUnder(registers: Registers): void {
    for (const { state, register } of TIMED_REGISTERS) {
      const counted = registers[register] - this.#base[register];
      const { least } = this.boundsOf(state);
      hold(counted >= least, "what a register lacks is unknown, undecided or lost", () => ({
        register,
        counted,
        least,
      }));
    }
  }
}
