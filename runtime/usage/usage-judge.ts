// What the conditions of the rules say at one instant: the state that the machine's own signals
// make, its operating mode, whether it is overloaded, and which events have just begun.

import type { Mono } from "../signal/instant.ts";
import type { Condition, Expression } from "./condition.ts";
import { ConditionTrack, TRUE, type Truth, UNCLEAR } from "./condition-track.ts";
import { type Compiled, compile, evaluate } from "./truth.ts";
import { FAULT_KINDS, isCounter, MODE_RULES, type UsageRules } from "./usage-rules.ts";
import type { OperatingMode, UsageState } from "./usage-state.ts";

export type EventRegister = "cycles" | "strokes";
export const EVENT_REGISTERS: readonly EventRegister[] = ["cycles", "strokes"];

interface EventRule {
  readonly register: EventRegister;
  readonly when: Compiled;
  /** What interrupts by being unclear is no event, and hides none. */
  lastKnown: Truth;
}

export class UsageJudge {
  /** Those that make the state UNKNOWN where they are unclear stand first. */
  readonly tracks: readonly ConditionTrack[];
  readonly #deciding: number;
  readonly #truths: Uint8Array;
  readonly #fault: Compiled | undefined;
  readonly #states: readonly { readonly state: UsageState; readonly when: Compiled }[];
  readonly #modes: readonly { readonly mode: OperatingMode; readonly when: Compiled }[];
  readonly #overload: Compiled | undefined;
  readonly #events: readonly EventRule[];
  readonly #hasRules: boolean;

  constructor(rules: UsageRules, startedAt: Mono) {
    const tracks: ConditionTrack[] = [];
    const positionOf = (condition: Condition) => {
      const known = tracks.findIndex((track) => isSame(track.condition, condition));
      if (known !== -1) return known;
      return tracks.push(new ConditionTrack(condition, startedAt)) - 1;
    };
    const compiled = (expression: Expression | undefined) =>
      expression && compile(expression, positionOf);
    const machineSpeaks = (rules.faultOrder ?? FAULT_KINDS).includes("machine");
    this.#fault = compiled(machineSpeaks ? rules.FAULT : undefined);
    this.#states = (["WORKING", "IDLE", "STANDBY"] as const).flatMap((state) => {
      const when = compiled(rules[state]);
      return when ? [{ state, when }] : [];
    });
    this.#deciding = tracks.length;
    this.#hasRules = this.#fault !== undefined || this.#states.length > 0;
    this.#modes = MODE_RULES.flatMap((mode) => {
      const when = compiled(rules.modes?.[mode]);
      return when ? [{ mode, when }] : [];
    });
    this.#overload = compiled(rules.overload);
    this.#events = EVENT_REGISTERS.flatMap((register) => {
      const rule = rules[register];
      const when = rule && !isCounter(rule) ? compiled(rule) : undefined;
      return when ? [{ register, when, lastKnown: UNCLEAR }] : [];
    });
    this.tracks = tracks;
    this.#truths = new Uint8Array(tracks.length).fill(UNCLEAR);
  }

  takeChanges(until: Mono): void {
    for (let position = 0; position < this.tracks.length; position++) {
      const track = this.tracks[position]!;
      while (track.nextChangeAt() <= until) this.#truths[position] = track.takeChange();
    }
  }

  /** A signal that decides is bad, or nothing decides. */
  get isUnknown(): boolean {
    if (!this.#hasRules) return true;
    for (let position = 0; position < this.#deciding; position++) {
      if (this.#truths[position] === UNCLEAR) return true;
    }
    return false;
  }

  get machineFault(): boolean {
    return this.#isTrue(this.#fault);
  }

  /** The state of a machine that is known and has no fault. */
  get state(): UsageState {
    for (const { state, when } of this.#states) if (this.#isTrue(when)) return state;
    return "OFF";
  }

  get mode(): OperatingMode {
    for (const { mode, when } of this.#modes) if (this.#isTrue(when)) return mode;
    return "None";
  }

  get overload(): boolean {
    return this.#isTrue(this.#overload);
  }

  /** Whether an event of this kind has begun since the last time it was asked. */
  hasBegun(register: EventRegister): boolean {
    const rule = this.#events.find((event) => event.register === register);
    if (rule === undefined) return false;
    const truth = evaluate(rule.when, this.#truths);
    if (truth === UNCLEAR || truth === rule.lastKnown) return false;
    // What is true when it is first seen may have been so all along.
    const hasBegun = truth === TRUE && rule.lastKnown !== UNCLEAR;
    rule.lastKnown = truth;
    return hasBegun;
  }

  #isTrue(when: Compiled | undefined): boolean {
    return when !== undefined && evaluate(when, this.#truths) === TRUE;
  }
}

/** One condition that stands in two rules is followed once. */
function isSame(one: Condition, other: Condition): boolean {
  return (
    one.signal === other.signal &&
    one.test === other.test &&
    one.threshold === other.threshold &&
    one.hysteresis === other.hysteresis &&
    one.minOnMs === other.minOnMs &&
    one.minOffMs === other.minOffMs &&
    one.staleMs === other.staleMs
  );
}
