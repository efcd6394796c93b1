// The machine's own hour register beside ours: compared daily and at every start, believed slowly,
// and never a reason to change a register. A difference becomes a record that people can judge.

import assert from "node:assert/strict";
import type { Mono } from "../signal/instant.ts";
import type { SignalIndex } from "../signal/signal.ts";
import { observedMs, type Registers, type StateRegister } from "./usage-state.ts";

export interface HourRegisterRules {
  readonly signal: SignalIndex;
  /** Milliseconds that one unit of the signal stands for: 3 600 000 where it counts hours. */
  readonly msPerUnit: number;
  /** A difference up to here agrees; not below the register's own resolution. */
  readonly toleranceMs: number;
  /** And up to this share of what was counted: two oscillators differ. */
  readonly tolerancePerMille: number;
  /** Where the register begins again at zero, in milliseconds. */
  readonly rolloverAt?: number;
  /** Ours that it counts too: a contact of the engine counts IDLE and WORKING. */
  readonly compareWith: readonly StateRegister[];
}

/** One step of J1939's SPN 247, the coarsest register in common use. */
export const TOLERANCE_MS_DEFAULT = 180_000;
export const TOLERANCE_PER_MILLE_DEFAULT = 1;

/** Of observed time, between two comparisons of one life. */
export const COMPARE_EVERY_MS = 24 * 3_600_000;
/** Samples that follow each other plausibly before any of them is believed. */
const SAMPLES_TO_BELIEVE = 3;
/** A drop is believed late: a device that has just started says zero until it has loaded itself. */
const SAMPLES_TO_BELIEVE_DROP = 10;
const DROP_HOLD_MS = 60_000;

/** What the next comparison starts from; a RECONCILE leaf holds all of it. */
export interface HourComparison {
  readonly nativeMs: number;
  readonly registers: Registers;
}

export interface Reconciliation {
  readonly nativeMs: number;
  readonly nativeDeltaMs: number;
  readonly ownDeltaMs: number;
  readonly toleranceMs: number;
  /**
   * - `first`     nothing to compare with yet
   * - `rate`      it grew faster than time
   * - `backwards` it fell, and stayed there: somebody replaced or set it
   * - `rollover`  it began again at zero where it has to
   * - `transient` it fell or leapt in between and came back; otherwise it agrees
   */
  readonly verdict:
    | "agrees"
    | "differs"
    | "rate"
    | "backwards"
    | "rollover"
    | "transient"
    | "first";
}

/** What a recovery knows of the gap that it closes. */
export interface ClosedGap {
  /** What it posted to UNKNOWN, in milliseconds: the native register may prove work in it. */
  readonly postedMs: number;
  /** How long the gap was at most; null where nobody knows. */
  readonly atMostMs: number | null;
}

/** Samples that followed each other plausibly; the newest stands for all. */
interface Run {
  nativeMs: number;
  at: Mono;
  readonly since: Mono;
  samples: number;
}

export class HourRegister {
  readonly #rules: HourRegisterRules;
  #last: HourComparison | null;
  #run: Run | null = null;
  /** The last value that was believed, in this life or at the last comparison. */
  #believedMs: number | null;
  #isComparedInThisLife = false;
  /** A value was passed over since the last comparison, and what was believed before came back. */
  #hasHealed = false;
  #isAstray = false;

  /** @param last of an earlier life: what its newest RECONCILE leaf says. */
  constructor(rules: HourRegisterRules, last: HourComparison | null) {
    assert(rules.msPerUnit > 0 && rules.toleranceMs >= 0 && rules.tolerancePerMille >= 0);
    this.#rules = rules;
    this.#last = last;
    this.#believedMs = last?.nativeMs ?? null;
  }

  /** What the next comparison starts from. */
  get last(): HourComparison | null {
    return this.#last;
  }

  /** A good sample of the signal, in its unit. */
  sample(value: number, at: Mono): void {
    const nativeMs = Math.round(value * this.#rules.msPerUnit);
    if (!Number.isSafeInteger(nativeMs) || nativeMs < 0) {
      this.#isAstray = true;
      this.#run = null;
      return;
    }
    const run = this.#run;
    const isPlausible =
      run !== null &&
      nativeMs >= run.nativeMs &&
      nativeMs - run.nativeMs <= this.#mostIn(at - run.at);
    if (isPlausible) {
      run.nativeMs = nativeMs;
      run.at = at;
      run.samples++;
    } else {
      // A leap away from what was believed, in either direction.
      if (run !== null) this.#isAstray = true;
      this.#run = { nativeMs, at, since: at, samples: 1 };
    }
    this.#believe();
  }

  /** At the first chance of each life, then once in 24 h of observed time. */
  due(registers: Registers): boolean {
    if (this.#last === null || !this.#isComparedInThisLife) return true;
    return observedMs(registers) - observedMs(this.#last.registers) >= COMPARE_EVERY_MS;
  }

  /**
   * Compares, and starts the next comparison from here; null while the register is not believed.
   *
   * @param elapsedMs what can have passed since the last comparison at most; null where a power cut
   * lies in between and no clock bounds it: then nothing is too fast.
   */
  compare(registers: Registers, elapsedMs: number | null): Reconciliation | null {
    const run = this.#believedRun();
    if (run === null) return null;
    const reconciliation = this.#judge(run.nativeMs, registers, elapsedMs);
    this.#last = { nativeMs: run.nativeMs, registers };
    this.#isComparedInThisLife = true;
    this.#hasHealed = false;
    return reconciliation;
  }

  /**
   * Running time that the register proves for a gap and that none of ours holds. Ask before
   * `compare` takes a new start. It is on the safe side by the whole tolerance and by all that was
   * UNKNOWN outside the gap, and null while the register is not believed.
   */
  substituteMs(registers: Registers, gap: ClosedGap): number | null {
    const run = this.#believedRun();
    if (run === null) return null;
    if (this.#last === null) return 0;
    const { nativeDeltaMs, ownDeltaMs, toleranceMs, verdict } = this.#judge(
      run.nativeMs,
      registers,
      null,
    );
    if (verdict === "backwards") return 0;
    const unknownMs = registers.unknown - this.#last.registers.unknown;
    const unknownElsewhereMs = Math.max(0, unknownMs - gap.postedMs);
    const provenMs = nativeDeltaMs - ownDeltaMs - unknownElsewhereMs - toleranceMs;
    return Math.max(0, Math.min(provenMs, gap.atMostMs ?? provenMs));
  }

  #judge(nativeMs: number, registers: Registers, elapsedMs: number | null): Reconciliation {
    const { compareWith, rolloverAt, toleranceMs, tolerancePerMille } = this.#rules;
    const last = this.#last;
    if (last === null) {
      return { nativeMs, nativeDeltaMs: 0, ownDeltaMs: 0, toleranceMs, verdict: "first" };
    }
    let ownDeltaMs = 0;
    for (const name of compareWith) ownDeltaMs += registers[name] - last.registers[name];
    // A restored image of an old disk may hold less than the last leaf; the ledger says that, not
    // this comparison.
    ownDeltaMs = Math.max(0, ownDeltaMs);
    const fellMs = last.nativeMs - nativeMs;
    const rolledMs = rolloverAt === undefined ? null : rolloverAt - fellMs;
    const isRollover = fellMs > 0 && rolledMs !== null && this.#canRoll(rolledMs, elapsedMs);
    const nativeDeltaMs = isRollover ? rolledMs : nativeMs - last.nativeMs;
    const countedMs = Math.max(nativeDeltaMs, ownDeltaMs);
    const allowedMs = toleranceMs + Math.ceil((countedMs * tolerancePerMille) / 1_000);
    const said = { nativeMs, nativeDeltaMs, ownDeltaMs, toleranceMs: allowedMs };
    if (isRollover) return { ...said, verdict: "rollover" };
    if (nativeDeltaMs < 0) return { ...said, verdict: "backwards" };
    if (elapsedMs !== null && nativeDeltaMs > this.#mostIn(elapsedMs)) {
      return { ...said, verdict: "rate" };
    }
    if (Math.abs(nativeDeltaMs - ownDeltaMs) > allowedMs) return { ...said, verdict: "differs" };
    return { ...said, verdict: this.#hasHealed ? "transient" : "agrees" };
  }

  /** From near its end to near zero, and no further than time allows. */
  #canRoll(rolledMs: number, elapsedMs: number | null): boolean {
    const { rolloverAt = 0 } = this.#rules;
    // Where nobody knows the time, a tenth of the whole is far more than any gap.
    const mostMs = elapsedMs === null ? rolloverAt / 10 : this.#mostIn(elapsedMs);
    return rolledMs >= 0 && rolledMs <= mostMs;
  }

  /** No machine runs faster than time; its register steps by its resolution. */
  #mostIn(elapsedMs: number): number {
    const { toleranceMs, tolerancePerMille } = this.#rules;
    return elapsedMs + toleranceMs + Math.ceil((elapsedMs * tolerancePerMille) / 1_000);
  }

  #believe(): void {
    const run = this.#believedRun();
    if (run === null) {
      if (this.#falls()) this.#isAstray = true;
      return;
    }
    const hasCameBack = this.#believedMs !== null && run.nativeMs >= this.#believedMs;
    if (this.#isAstray && hasCameBack) this.#hasHealed = true;
    this.#isAstray = false;
    this.#believedMs = run.nativeMs;
  }

  #falls(): boolean {
    return this.#run !== null && this.#believedMs !== null && this.#run.nativeMs < this.#believedMs;
  }

  #believedRun(): Run | null {
    const run = this.#run;
    if (run === null) return null;
    if (!this.#falls()) return run.samples >= SAMPLES_TO_BELIEVE ? run : null;
    const heldMs = run.at - run.since;
    return run.samples >= SAMPLES_TO_BELIEVE_DROP && heldMs >= DROP_HOLD_MS ? run : null;
  }
}
