// Three-valued logic over the conditions of an expression (Kleene): one false decides an `all`, one
// true decides an `any`, and otherwise what is unclear stays unclear.

import type { Condition, Expression } from "./condition.ts";
import { FALSE, TRUE, type Truth, UNCLEAR } from "./condition-track.ts";

/** An expression whose conditions are positions in a list of truths. */
export type Compiled =
  | { readonly kind: "all" | "any"; readonly parts: readonly Compiled[] }
  | { readonly kind: "condition"; readonly position: number };

/** `positionOf` gives the place of a condition's truth; equal conditions may share one. */
export function compile(
  expression: Expression,
  positionOf: (condition: Condition) => number,
): Compiled {
  if ("all" in expression) {
    return { kind: "all", parts: expression.all.map((part) => compile(part, positionOf)) };
  }
  if ("any" in expression) {
    return { kind: "any", parts: expression.any.map((part) => compile(part, positionOf)) };
  }
  return { kind: "condition", position: positionOf(expression) };
}

export function evaluate(compiled: Compiled, truths: ArrayLike<number>): Truth {
  if (compiled.kind === "condition") return truths[compiled.position]! as Truth;
  const deciding = compiled.kind === "all" ? FALSE : TRUE;
  let result: Truth = compiled.kind === "all" ? TRUE : FALSE;
  for (const part of compiled.parts) {
    const truth = evaluate(part, truths);
    if (truth === deciding) return deciding;
    if (truth === UNCLEAR) result = UNCLEAR;
  }
  return result;
}
