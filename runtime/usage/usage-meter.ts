// Turns samples into exclusive usage states and the registers that count them. Time is posted to a
// register only once it is known what the machine did in it, so a register never has to be taken
// back; until then it is not counted at all.

import type { Mono } from "../signal/instant.ts";
import type { SignalIndex } from "../signal/signal.ts";
import { type Condition, conditionsOf, type Expression } from "./condition.ts";
import { ConditionTrack, TRUE, type Truth, UNCLEAR } from "./condition-track.ts";
import { type Compiled, compile, evaluate } from "./truth.ts";
import { type Registers, USAGE_STATES, type UsageState } from "./usage-state.ts";

/**
 * Which expression makes which state. Where none is true the machine is OFF; where a signal that
 * decides is bad it is UNKNOWN. Both need no rule, so they have none. With no rules at all the
 * state is UNKNOWN.
 */
export interface UsageRules {
  readonly FAULT?: Expression;
  readonly WORKING?: Expression;
  readonly IDLE?: Expression;
  readonly STANDBY?: Expression;
}

/** The first that is true holds (DESIGN.md: which state holds when several conditions do). */
const PRECEDENCE = ["FAULT", "WORKING", "IDLE", "STANDBY"] as const;

export interface UsageTransition {
  readonly from: UsageState;
  readonly to: UsageState;
  /**
   * The instant from which it counts; a start at its first sample, a stop at the last one before
   * it.
   */
  readonly at: Mono;
  readonly registers: Registers;
}

const OFF = USAGE_STATES.indexOf("OFF");
const STANDBY = USAGE_STATES.indexOf("STANDBY");
const WORKING = USAGE_STATES.indexOf("WORKING");
const IDLE = USAGE_STATES.indexOf("IDLE");
const UNKNOWN = USAGE_STATES.indexOf("UNKNOWN");

export class UsageMeter {
  /** Everything before this instant stands in the registers. */
  settledAt: Mono;
  readonly #tracks: readonly ConditionTrack[];
  readonly #tracksOfSignal: ReadonlyMap<SignalIndex, readonly ConditionTrack[]>;
  readonly #truths: Uint8Array;
  readonly #rules: readonly { readonly state: number; readonly when: Compiled }[];
  readonly #onTransition: (transition: UsageTransition) => void;
  /** Milliseconds in the order of USAGE_STATES. */
  readonly #milliseconds: Float64Array;
  #starts: number;
  #loads: number;
  #state = UNKNOWN;
  /** The last state that was known: what UNKNOWN interrupts is neither a start nor a load. */
  #lastKnown = UNKNOWN;
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
  ) {
    const tracks: ConditionTrack[] = [];
    this.#rules = PRECEDENCE.flatMap((name) => {
      const when = rules[name];
      if (!when) return [];
      const trackOf = (condition: Condition) =>
        tracks.push(new ConditionTrack(condition, startedAt)) - 1;
      return [{ state: USAGE_STATES.indexOf(name), when: compile(when, trackOf) }];
    });
    this.#tracks = tracks;
    this.#tracksOfSignal = tracksBySignal(tracks);
    this.#truths = new Uint8Array(tracks.length).fill(UNCLEAR);
    this.#onTransition = onTransition;
    this.#milliseconds = Float64Array.of(
      registers.off,
      registers.standby,
      registers.idle,
      registers.working,
      registers.fault,
      registers.unknown,
    );
    this.#starts = registers.starts;
    this.#loads = registers.loads;
    this.settledAt = startedAt;
    this.#stateSince = startedAt;
  }

  get state(): UsageState {
    return USAGE_STATES[this.#state]!;
  }

  get stateSince(): Mono {
    return this.#stateSince;
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
      starts: this.#starts,
      loads: this.#loads,
      overload: 0,
      maintenance: 0,
      cycles: 0,
      strokes: 0,
    };
  }

  /** The tracks that want this signal's samples; intake hands them over without a detour. */
  tracksOf(signal: SignalIndex): readonly ConditionTrack[] {
    return this.#tracksOfSignal.get(signal) ?? [];
  }

  /**
   * Posts all time that is known by now. Call a few times a second, and before registers are saved.
   */
  settle(now: Mono): void {
    let knownUntil = now;
    for (const track of this.#tracks) {
      track.advance(now);
      if (track.knownUntil < knownUntil) knownUntil = track.knownUntil;
    }
    for (;;) {
      let changeAt = Number.POSITIVE_INFINITY;
      for (const track of this.#tracks) changeAt = Math.min(changeAt, track.nextChangeAt());
      // At `knownUntil` itself another change may follow: a state is entered with its first known
      // millisecond, so that registers and events do not depend on when anybody settles.
      if (changeAt >= knownUntil) break;
      this.#postUntil(changeAt);
      this.#tracks.forEach((track, position) => {
        while (track.nextChangeAt() <= changeAt) this.#truths[position] = track.takeChange();
      });
      this.#enter(this.#decide(), changeAt);
    }
    this.#postUntil(knownUntil);
  }

  /**
   * Counts a stretch that nobody observed but whose length is certain: a restart within one boot.
   */
  addUnobserved(durationMs: number): void {
    this.#milliseconds[UNKNOWN]! += durationMs;
  }

  #postUntil(at: Mono): void {
    if (at <= this.settledAt) return;
    this.#milliseconds[this.#state]! += at - this.settledAt;
    this.settledAt = at;
  }

  #decide(): number {
    if (this.#rules.length === 0) return UNKNOWN;
    for (const truth of this.#truths) if ((truth as Truth) === UNCLEAR) return UNKNOWN;
    for (const rule of this.#rules) {
      if (evaluate(rule.when, this.#truths) === TRUE) return rule.state;
    }
    return OFF;
  }

  #enter(next: number, at: Mono): void {
    if (next === this.#state) return;
    const from = this.#state;
    if (next !== UNKNOWN) this.#countEvents(next);
    this.#state = next;
    this.#stateSince = at;
    this.#onTransition({
      from: USAGE_STATES[from]!,
      to: USAGE_STATES[next]!,
      at,
      registers: this.registers,
    });
  }

  /**
   * Events are certain, too: a machine found WORKING after a restart may have been so all along.
   */
  #countEvents(next: number): void {
    const known = this.#lastKnown;
    if ((known === OFF || known === STANDBY) && (next === IDLE || next === WORKING)) this.#starts++;
    if (next === WORKING && known !== WORKING && known !== UNKNOWN) this.#loads++;
    this.#lastKnown = next;
  }
}

function tracksBySignal(
  tracks: readonly ConditionTrack[],
): ReadonlyMap<SignalIndex, readonly ConditionTrack[]> {
  const bySignal = new Map<SignalIndex, ConditionTrack[]>();
  for (const track of tracks) {
    const list = bySignal.get(track.condition.signal) ?? [];
    list.push(track);
    bySignal.set(track.condition.signal, list);
  }
  return bySignal;
}

/** The signals whose badness makes the state UNKNOWN. */
export function decidingSignals(rules: UsageRules): readonly SignalIndex[] {
  const signals = PRECEDENCE.flatMap((name) => {
    const when = rules[name];
    return when ? conditionsOf(when).map((condition) => condition.signal) : [];
  });
  return [...new Set(signals)];
}
