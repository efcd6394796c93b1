// The conditions of usage rules and alarms, from `{ signal, above, hysteresis, … }` and lists of
// these under `all` and `any` to expressions over signal positions.

import { type Checker, check } from "../../runtime/schema/issues.ts";
import type { Path } from "../../runtime/schema/problem.ts";
import type { SignalDefinition } from "../../runtime/signal/signal.ts";
import type { Condition, Expression } from "../../runtime/usage/condition.ts";
import { isMap, resolve } from "./entries.ts";
import {
  allKeys,
  anyKeys,
  conditionKeys,
  EXPRESSION_DEPTH_MAX,
  OPERANDS_MAX,
} from "./file-schema.ts";
import type { ReadSignals } from "./signals.ts";

const TESTS = ["above", "below", "equals", "bits"] as const;

export interface ExpressionContext {
  readonly checker: Checker;
  readonly warnings: Checker;
  readonly signals: ReadSignals;
}

/** Undefined where it has problems; they are listed then. */
export function readExpression(
  context: ExpressionContext,
  path: Path,
  value: unknown,
  depth = 1,
): Expression | undefined {
  const { tree, problems } = context.checker;
  if (!isMap(value)) {
    const message = "must be a condition such as { signal: motorCurrent, above: 10 }";
    problems.add(tree.at(path), path, message);
    return undefined;
  }
  for (const word of ["all", "any"] as const) {
    if (!Object.hasOwn(value, word)) continue;
    const checked = check<unknown>(
      context.checker,
      path,
      value,
      word === "all" ? allKeys : anyKeys,
    );
    const list = value[word];
    // A wrong key beside the list hides no problem within it.
    if (!Array.isArray(list) || list.length > OPERANDS_MAX) return undefined;
    if (depth >= EXPRESSION_DEPTH_MAX) {
      const message = `nested more than ${EXPRESSION_DEPTH_MAX} deep`;
      problems.add(tree.keyAt([...path, word]), [...path, word], message);
      return undefined;
    }
    const operands = list.map((item, index) =>
      readExpression(context, [...path, word, index], item, depth + 1),
    );
    if (checked === undefined || operands.includes(undefined)) return undefined;
    const complete = operands as readonly Expression[];
    return word === "all" ? { all: complete } : { any: complete };
  }
  return readCondition(context, path, value);
}

function readCondition(
  context: ExpressionContext,
  path: Path,
  value: Readonly<Record<string, unknown>>,
): Condition | undefined {
  const { checker, signals } = context;
  const { tree, problems } = checker;
  const parsed = check(checker, path, value, conditionKeys, ["all", "any"]);
  const present = TESTS.filter((test) => Object.hasOwn(value, test));
  if (present.length !== 1) {
    const message =
      present.length === 0
        ? `needs one of ${TESTS.join(", ")}`
        : `has ${present.join(" and ")} where one belongs; use all or any for both`;
    problems.add(tree.at(path), path, message);
  }
  const name = value["signal"];
  const index =
    typeof name === "string"
      ? resolve(checker, [...path, "signal"], "signal", name, signals.indexes)
      : undefined;
  const test = present[0];
  if (parsed === undefined || index === undefined || present.length !== 1 || !test)
    return undefined;
  if (parsed.hysteresis > 0 && (test === "bits" || test === "equals")) {
    const message = `has no meaning with ${test}; it belongs to above and below`;
    problems.add(tree.keyAt([...path, "hysteresis"]), [...path, "hysteresis"], message);
    return undefined;
  }
  const signal = signals.signals[index]!;
  const condition: Condition = {
    signal: index,
    test,
    threshold: parsed[test]!,
    hysteresis: parsed.hysteresis,
    minOnMs: parsed.minOn,
    minOffMs: parsed.minOff,
    staleMs: signal.staleMs,
  };
  warnOfLimits(context.warnings, path, condition, signal);
  return condition;
}

/**
 * Values outside the signal's range are bad, so a limit out there is never crossed: an alarm that
 * never comes, or, worse, a usage state that never ends.
 */
function warnOfLimits(
  warnings: Checker,
  path: Path,
  condition: Condition,
  signal: SignalDefinition,
): void {
  const { test, threshold, hysteresis } = condition;
  const [low, high] = signal.range;
  const add = (key: string, message: string) =>
    warnings.problems.add(warnings.tree.at([...path, key]), [...path, key], message);
  const never =
    (test === "above" && threshold >= high) ||
    (test === "below" && threshold <= low) ||
    (test === "equals" && (threshold < low || threshold > high));
  if (never) add(test, `can never be true: ${signal.name} has the range ${low} to ${high}`);
  const stuck =
    (test === "above" && threshold - hysteresis < low) ||
    (test === "below" && threshold + hysteresis > high);
  if (stuck && !never) {
    const back = test === "above" ? threshold - hysteresis : threshold + hysteresis;
    const range = `${signal.name} has the range ${low} to ${high}`;
    const message = `once true it can never end: it ends at ${back}, and ${range}`;
    add(hysteresis > 0 ? "hysteresis" : test, message);
  }
}
