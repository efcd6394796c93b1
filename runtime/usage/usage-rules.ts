// What decides the hours of one machine, as its machine file declares it.

import type { SignalIndex } from "../signal/signal.ts";
import { conditionsOf, type Expression } from "./condition.ts";

/** The first that is true holds (DESIGN.md: which state holds when several conditions do). */
export const STATE_RULES = ["FAULT", "WORKING", "IDLE", "STANDBY"] as const;

/** The first that is true holds; otherwise the operating mode is None. */
export const MODE_RULES = ["Maintenance", "Setup", "Processing"] as const;

/** Who may say FAULT, in the order that holds where the machine file declares none. */
export const FAULT_KINDS = ["machine", "alarm", "instruction"] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Cycles or strokes: changes of a condition, or a count that the device keeps by itself. */
export type CountRule = Expression | { readonly counter: SignalIndex };

/** Witnesses of one conflict; more than this is not one question any more. */
export const WITNESSES_MAX = 8;

/** Expressions that have to agree wherever they are known. */
export interface ConflictRule {
  readonly name: string;
  /** Two at least, `WITNESSES_MAX` at most. */
  readonly between: readonly Expression[];
  /** How long a contradiction may last; a longer one is UNKNOWN from its beginning. */
  readonly limitMs: number;
}

/**
 * Which expression makes which state. Where none is true the machine is OFF; where a signal that
 * decides is bad it is UNKNOWN. Both need no rule, so they have none. With no state rules at all
 * the state is UNKNOWN.
 */
export interface UsageRules {
  readonly FAULT?: Expression;
  readonly WORKING?: Expression;
  readonly IDLE?: Expression;
  readonly STANDBY?: Expression;
  /** What the machine is meant to do. Where it is unclear, it is not so. */
  readonly modes?: { readonly [Mode in (typeof MODE_RULES)[number]]?: Expression };
  readonly overload?: Expression;
  readonly cycles?: CountRule;
  readonly strokes?: CountRule;
  readonly conflicts?: readonly ConflictRule[];
  /** Who says FAULT, the first first; who is not named says nothing. By default `FAULT_KINDS`. */
  readonly faultOrder?: readonly FaultKind[];
  /**
   * NAMUR NE 107 classes of the alarms that say FAULT; whoever judges the alarms tells the meter.
   */
  readonly faultAlarms?: readonly string[];
}

export function isCounter(rule: CountRule): rule is { readonly counter: SignalIndex } {
  return "counter" in rule;
}

/** The signals whose badness makes the state UNKNOWN. */
export function decidingSignals(rules: UsageRules): readonly SignalIndex[] {
  const signals = STATE_RULES.flatMap((name) => {
    const when = rules[name];
    return when ? conditionsOf(when).map((condition) => condition.signal) : [];
  });
  return [...new Set(signals)];
}

/** How long a change can wait for its decision at most: for a sample, or to have lasted. */
export function undecidedMsMax(rules: UsageRules): number {
  const stated = STATE_RULES.flatMap((name) => rules[name] ?? []);
  const witnesses = (rules.conflicts ?? []).flatMap(({ between }) => between);
  const waits = [...stated, ...witnesses]
    .flatMap(conditionsOf)
    .map(({ staleMs, minOnMs, minOffMs }) => staleMs + Math.max(minOnMs, minOffMs));
  const limits = (rules.conflicts ?? []).map(({ limitMs }) => limitMs);
  return Math.max(0, ...waits) + Math.max(0, ...limits);
}
