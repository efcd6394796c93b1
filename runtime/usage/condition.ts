// A condition over one signal, as a machine file declares it. Usage states and alarms are made of
// these; condition-track.ts follows one through time.

import type { SignalIndex } from "../signal/signal.ts";

export interface Condition {
  readonly signal: SignalIndex;
  /** `bits` is true where any bit of the threshold's mask is set in the value. */
  readonly test: "above" | "below" | "equals" | "bits";
  /** In the signal's unit. */
  readonly threshold: number;
  /**
   * How far back past the threshold the value must go to undo the condition. In the signal's unit.
   */
  readonly hysteresis: number;
  /** How long it must hold before it counts as true; it then counts from its first sample. */
  readonly minOnMs: number;
  /** How long it must fail before it counts as false; it then fails from its first sample. */
  readonly minOffMs: number;
  /** Two good samples further apart than this say nothing about the time between them. */
  readonly staleMs: number;
}

export type Expression =
  | { readonly all: readonly Expression[] }
  | { readonly any: readonly Expression[] }
  | Condition;

/** The conditions of an expression, in the order in which they stand. */
export function conditionsOf(expression: Expression): readonly Condition[] {
  if ("all" in expression) return expression.all.flatMap(conditionsOf);
  if ("any" in expression) return expression.any.flatMap(conditionsOf);
  return [expression];
}
