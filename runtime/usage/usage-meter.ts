// Turns samples into exclusive usage states, what lies across them, and the registers that count
// both. Time is posted to a register only once it is known what the machine did in it, so a
// register never has to be taken back; until then it is not counted at all.

import type { Mono } from "../signal/instant.ts";
import type { SignalIndex } from "../signal/signal.ts";
import { AssertedFaults } from "./asserted-faults.ts";
import type { SampleTrack } from "./condition-track.ts";
import { ConflictTrack, type Testimony } from "./conflict-track.ts";
import { type CounterFault, CounterTrack } from "./counter-track.ts";
import { EVENT_REGISTERS, type EventRegister, UsageJudge } from "./usage-judge.ts";
import { FAULT_KINDS, type FaultKind, isCounter, type UsageRules } from "./usage-rules.ts";
import {
  type OperatingMode,
  type Registers,
  USAGE_STATES,
  type UsageState,
} from "./usage-state.ts";

/**
 * Told when the state, the mode, the overload or the source of a fault changes: between two of
 * these all time is in one state, one mode and one overload.
 */
export interface UsageTransition {
  readonly from: UsageState;
  readonly to: UsageState;
  readonly mode: OperatingMode;
  readonly overload: boolean;
  /** Who says FAULT: `machine`, `alarm:NAME` or `instruction:ID`; null in other states. */
  readonly source: string | null;
  /**
   * The instant from which it counts; a start at its first sample, a stop at the last one before
   * it.
   */
  readonly at: Mono;
  readonly registers: Registers;
}

/** A contradiction between witnesses that lasted longer than its limit, or its end. */
export interface UsageConflict {
  readonly name: string;
  readonly state: "began" | "ended";
  /** What each witness said, in the order in which they are declared. */
  readonly says: readonly Testimony[];
  readonly at: Mono;
}

export type UsageCounterFault = CounterFault & { readonly register: EventRegister };

export interface UsageReports {
  /** Comes before the transition to or from UNKNOWN that it leads to. */
  readonly onConflict?: (conflict: UsageConflict) => void;
  /** A device's own count did what no count does; told once until it counts again. */
  readonly onCounterFault?: (fault: UsageCounterFault) => void;
}

const isRunning = (state: UsageState) => state === "IDLE" || state === "WORKING";

export class UsageMeter {
  /** Everything before this instant stands in the registers. */
  settledAt: Mono;
  readonly #judge: UsageJudge;
  readonly #conflicts: readonly ConflictTrack[];
  readonly #counters: readonly { register: EventRegister; track: CounterTrack }[];
  readonly #asserted: AssertedFaults;
  readonly #faultOrder: readonly FaultKind[];
  readonly #tracksOfSignal: ReadonlyMap<SignalIndex, readonly SampleTrack[]>;
  readonly #onTransition: (transition: UsageTransition) => void;
  readonly #reports: UsageReports;
  /** Milliseconds in the order of USAGE_STATES. */
  readonly #milliseconds: Float64Array;
  readonly #across: { overload: number; maintenance: number };
  readonly #counts: { starts: number; loads: number; cycles: number; strokes: number };
  #state: UsageState = "UNKNOWN";
  #mode: OperatingMode = "None";
  #overload = false;
  #source: string | null = null;
  /** The last state that was known: what UNKNOWN interrupts is neither a start nor a load. */
  #lastKnown: UsageState = "UNKNOWN";
  #stateSince: Mono;

  /**
   * @param startedAt observation begins here; what happened earlier is in `registers` or
   * unobserved.
   * @param registers where an earlier life of this meter ended.
   */
  constructor(
    rules: UsageRules,
    startedAt: Mono,
    registers: Registers,
    onTransition: (transition: UsageTransition) => void,
    reports: UsageReports = {},
  ) {
    const { off, standby, idle, working, fault, unknown } = registers;
    const { overload, maintenance, starts, loads, cycles, strokes } = registers;
    this.#judge = new UsageJudge(rules, startedAt);
    this.#conflicts = (rules.conflicts ?? []).map((rule) => new ConflictTrack(rule, startedAt));
    this.#counters = EVENT_REGISTERS.flatMap((register) => {
      const rule = rules[register];
      if (rule === undefined || !isCounter(rule)) return [];
      const onFault = (counterFault: CounterFault) =>
        reports.onCounterFault?.({ ...counterFault, register });
      return [{ register, track: new CounterTrack(rule.counter, onFault) }];
    });
    this.#faultOrder = rules.faultOrder ?? FAULT_KINDS;
    this.#asserted = new AssertedFaults(this.#faultOrder);
    this.#tracksOfSignal = this.#bySignal();
    this.#onTransition = onTransition;
    this.#reports = reports;
    this.#milliseconds = Float64Array.of(off, standby, idle, working, fault, unknown);
    this.#across = { overload, maintenance };
    this.#counts = { starts, loads, cycles, strokes };
    this.settledAt = startedAt;
    this.#stateSince = startedAt;
  }

  get state(): UsageState {
    return this.#state;
  }

  get stateSince(): Mono {
    return this.#stateSince;
  }

  get mode(): OperatingMode {
    return this.#mode;
  }

  get overload(): boolean {
    return this.#overload;
  }

  get source(): string | null {
    return this.#source;
  }

  get registers(): Registers {
    const [off, standby, idle, working, fault, unknown] = this.#milliseconds as unknown as number[];
    return {
      off: off!,
      standby: standby!,
      idle: idle!,
      working: working!,
      fault: fault!,
      unknown: unknown!,
      ...this.#across,
      ...this.#counts,
    };
  }

  /** The tracks that want this signal's samples; intake hands them over without a detour. */
  tracksOf(signal: SignalIndex): readonly SampleTrack[] {
    return this.#tracksOfSignal.get(signal) ?? [];
  }

  /**
   * Posts all time that is known by now. Call a few times a second, and before registers are saved.
   */
  settle(now: Mono): void {
    let knownUntil = now;
    for (const track of this.#judge.tracks) {
      track.advance(now);
      if (track.knownUntil < knownUntil) knownUntil = track.knownUntil;
    }
    for (const conflict of this.#conflicts) {
      conflict.advance(now);
      if (conflict.knownUntil < knownUntil) knownUntil = conflict.knownUntil;
    }
    for (;;) {
      // A reading of a counter may come late; nothing else lies before what is settled.
      const changeAt = Math.max(this.#nextChangeAt(), this.settledAt);
      // At `knownUntil` itself another change may follow: a state is entered with its first known
      // millisecond, so that registers and events do not depend on when anybody settles.
      if (changeAt >= knownUntil) break;
      this.#postUntil(changeAt);
      this.#takeChanges(changeAt);
      this.#enter(changeAt);
    }
    this.#postUntil(knownUntil);
  }

  /**
   * Somebody other than the machine's signals says FAULT, or takes it back: `alarm:NAME` or
   * `instruction:ID`. It counts from `at`, or from what is settled where that is later, and holds
   * until it is taken back; after a restart the caller says it again. It does not make a state
   * known that is not: while a signal that decides is bad, the state is UNKNOWN all the same.
   *
   * False where the rules give this source no say, or too many speak already.
   */
  assertFault(source: string, on: boolean, at: Mono): boolean {
    return this.#asserted.assert(source, on, Math.max(at, this.settledAt));
  }

  /**
   * Nothing is known from the last settled sample until now: the process was stopped, or the
   * controller slept. That time is UNKNOWN; what a device counted by itself meanwhile is not lost.
   * @param since somebody looked last: a sample that came later may stand behind the gap.
   */
  gap(now: Mono, since: Mono = now): void {
    const from = Math.max(since, this.settledAt);
    for (const track of this.#judge.tracks) track.gap(now, from);
    for (const conflict of this.#conflicts) conflict.gap(now);
    this.settle(now);
  }

  /**
   * Counts a stretch that nobody observed but whose length is certain: a restart within one boot.
   */
  addUnobserved(durationMs: number): void {
    this.#milliseconds[USAGE_STATES.indexOf("UNKNOWN")]! += durationMs;
  }

  #nextChangeAt(): Mono {
    let at = this.#asserted.nextChangeAt();
    for (const track of this.#judge.tracks) at = Math.min(at, track.nextChangeAt());
    for (const conflict of this.#conflicts) at = Math.min(at, conflict.nextChangeAt());
    for (const { track } of this.#counters) at = Math.min(at, track.nextChangeAt());
    return at;
  }

  #takeChanges(at: Mono): void {
    this.#judge.takeChanges(at);
    this.#asserted.takeChanges(at);
    for (const { register, track } of this.#counters) {
      while (track.nextChangeAt() <= at) this.#counts[register] += track.takeAdded();
    }
    for (const conflict of this.#conflicts) {
      while (conflict.nextChangeAt() <= at) this.#takeConflict(conflict, at);
    }
    for (const register of EVENT_REGISTERS) {
      if (this.#judge.hasBegun(register)) this.#counts[register]++;
    }
  }

  #takeConflict(conflict: ConflictTrack, at: Mono): void {
    const lasted = conflict.lasts;
    conflict.takeChange();
    if (conflict.lasts === lasted) return;
    const { name } = conflict.rule;
    const state = conflict.lasts ? "began" : "ended";
    this.#reports.onConflict?.({ name, state, says: conflict.says, at });
  }

  #postUntil(at: Mono): void {
    if (at <= this.settledAt) return;
    const elapsedMs = at - this.settledAt;
    this.#milliseconds[USAGE_STATES.indexOf(this.#state)]! += elapsedMs;
    if (this.#overload) this.#across.overload += elapsedMs;
    if (this.#mode === "Maintenance") this.#across.maintenance += elapsedMs;
    this.settledAt = at;
  }

  #enter(at: Mono): void {
    const from = this.#state;
    const isUnknown = this.#judge.isUnknown || this.#conflicts.some(({ lasts }) => lasts);
    const source = isUnknown ? null : this.#faultSource();
    const to = isUnknown ? "UNKNOWN" : source !== null ? "FAULT" : this.#judge.state;
    const { mode } = this.#judge;
    // Nobody is charged for the overload of a machine of which nobody knows what it did.
    const overload = !isUnknown && this.#judge.overload;
    if (
      to === from &&
      mode === this.#mode &&
      overload === this.#overload &&
      source === this.#source
    ) {
      return;
    }
    if (to !== from) {
      if (to !== "UNKNOWN") this.#countStart(to);
      this.#state = to;
      this.#stateSince = at;
    }
    this.#mode = mode;
    this.#overload = overload;
    this.#source = source;
    this.#onTransition({ from, to, mode, overload, source, at, registers: this.registers });
  }

  #faultSource(): string | null {
    for (const kind of this.#faultOrder) {
      if (kind !== "machine") {
        const source = this.#asserted.firstOf(kind);
        if (source !== null) return source;
      } else if (this.#judge.machineFault) {
        return kind;
      }
    }
    return null;
  }

  /**
   * Events are certain, too: a machine found WORKING after a restart may have been so all along.
   */
  #countStart(next: UsageState): void {
    const known = this.#lastKnown;
    if ((known === "OFF" || known === "STANDBY") && isRunning(next)) this.#counts.starts++;
    if (next === "WORKING" && known !== "WORKING" && known !== "UNKNOWN") this.#counts.loads++;
    this.#lastKnown = next;
  }

  #bySignal(): ReadonlyMap<SignalIndex, readonly SampleTrack[]> {
    const bySignal = new Map<SignalIndex, SampleTrack[]>();
    const add = (signal: SignalIndex, track: SampleTrack) => {
      const list = bySignal.get(signal) ?? [];
      list.push(track);
      bySignal.set(signal, list);
    };
    const ofConflicts = this.#conflicts.flatMap((conflict) => conflict.tracks);
    for (const track of [...this.#judge.tracks, ...ofConflicts]) add(track.condition.signal, track);
    for (const { track } of this.#counters) add(track.signal, track);
    return bySignal;
  }
}
