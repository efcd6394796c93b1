// The section `usage` of the machine file: what makes which state and mode, what is counted beside
// it, who says FAULT, and what watches over the hours.

import { type Checker, check } from "../../runtime/schema/issues.ts";
import type { Path } from "../../runtime/schema/problem.ts";
import type { Expression } from "../../runtime/usage/condition.ts";
import type { HourRegisterRules } from "../../runtime/usage/hour-register.ts";
import type { ServiceInterval } from "../../runtime/usage/service-status.ts";
import {
  type ConflictRule,
  type CountRule,
  MODE_RULES,
  STATE_RULES,
  type UsageRules,
} from "../../runtime/usage/usage-rules.ts";
import { isCount } from "../../runtime/usage/usage-state.ts";
import { entriesOf, isMap, resolve, type YamlMap } from "./entries.ts";
import { type ExpressionContext, readExpression } from "./expressions.ts";
import {
  CONFLICTS_MAX,
  conflictKeys,
  counterKeys,
  hourRegisterKeys,
  modesKeys,
  SERVICES_MAX,
  serviceDuration,
  serviceEvents,
  serviceEventsWarning,
  serviceKeys,
  serviceWarning,
  usageKeys,
} from "./usage-schema.ts";

export interface ReadUsage {
  readonly usage: UsageRules;
  readonly hourRegister: HourRegisterRules | null;
  readonly services: readonly ServiceInterval[];
  readonly powerFail: Expression | null;
}

const NOTHING: ReadUsage = { usage: {}, hourRegister: null, services: [], powerFail: null };

const IMPLIED: ReadonlyMap<string, string> = new Map([
  ["OFF", "OFF needs no rule: it is where none of the others holds"],
  ["UNKNOWN", "UNKNOWN needs no rule: it is where a signal that decides is bad"],
]);

/** Milliseconds that one unit of an hour register stands for. */
const MS_PER_UNIT: Readonly<Record<string, number>> = {
  h: 3_600_000,
  min: 60_000,
  s: 1_000,
  ms: 1,
};

export function readUsage(context: ExpressionContext, section: unknown): ReadUsage {
  const { checker } = context;
  if (section === undefined || section === null) return NOTHING;
  if (!isMap(section)) {
    const { tree, problems } = checker;
    problems.add(tree.at(["usage"]), ["usage"], `must be a map with ${STATE_RULES.join(", ")}`);
    return NOTHING;
  }
  const keys = check(checker, ["usage"], withoutImplied(checker, section), usageKeys);
  const expression = (key: string) => readOptional(context, ["usage", key], section[key]);
  const rules: Partial<{ -readonly [Key in keyof UsageRules]: UsageRules[Key] }> = {};
  for (const key of [...STATE_RULES, "overload"] as const) {
    const when = expression(key);
    if (when) rules[key] = when;
  }
  for (const key of ["cycles", "strokes"] as const) {
    const rule = readCount(context, ["usage", key], section[key]);
    if (rule) rules[key] = rule;
  }
  const modes = readModes(context, section["modes"]);
  if (modes) rules.modes = modes;
  const conflicts = readConflicts(context, section["conflicts"]);
  if (conflicts.length > 0) rules.conflicts = conflicts;
  if (keys?.faultFrom) rules.faultOrder = keys.faultFrom;
  if (keys?.faultAlarms) rules.faultAlarms = keys.faultAlarms;
  return {
    usage: rules,
    hourRegister: readHourRegister(context, section["hourRegister"]),
    services: readServices(checker, section["service"]),
    powerFail: expression("powerFail") ?? null,
  };
}

/** What somebody writes for completeness is told apart from what nobody knows. */
function withoutImplied({ tree, problems }: Checker, section: YamlMap): YamlMap {
  const rest: Record<string, unknown> = Object.create(null);
  for (const [key, value] of Object.entries(section)) {
    const message = IMPLIED.get(key);
    if (message === undefined) rest[key] = value;
    else problems.add(tree.keyAt(["usage", key]), ["usage", key], message);
  }
  return rest;
}

/** A key with nothing behind it is a slip, and a rule that is silently absent an expensive one. */
function readOptional(
  context: ExpressionContext,
  path: Path,
  value: unknown,
): Expression | undefined {
  return value === undefined ? undefined : readExpression(context, path, value);
}

function readModes(context: ExpressionContext, value: unknown): UsageRules["modes"] {
  if (value === undefined) return undefined;
  const path = ["usage", "modes"];
  check(context.checker, path, value, modesKeys);
  if (!isMap(value)) return undefined;
  const modes: { -readonly [Mode in (typeof MODE_RULES)[number]]?: Expression } = {};
  for (const mode of MODE_RULES) {
    const when = readOptional(context, [...path, mode], value[mode]);
    if (when) modes[mode] = when;
  }
  return modes;
}

function readCount(context: ExpressionContext, path: Path, value: unknown): CountRule | undefined {
  if (!isMap(value) || !Object.hasOwn(value, "counter")) return readOptional(context, path, value);
  const keys = check(context.checker, path, value, counterKeys);
  const counter = keys && resolveSignal(context, [...path, "counter"], keys.counter);
  return counter === undefined ? undefined : { counter };
}

function readConflicts(context: ExpressionContext, section: unknown): readonly ConflictRule[] {
  const conflicts: ConflictRule[] = [];
  const { checker } = context;
  const sectionPath = ["usage", "conflicts"];
  for (const [name, entry] of entriesOf(checker, sectionPath, section, CONFLICTS_MAX)) {
    const path = [...sectionPath, name];
    const keys = check(checker, path, entry, conflictKeys);
    const written = isMap(entry) ? entry["between"] : undefined;
    if (!Array.isArray(written)) continue;
    const between = written.map((item, index) =>
      readExpression(context, [...path, "between", index], item),
    );
    if (!keys || between.includes(undefined)) continue;
    const witnesses = between as readonly Expression[];
    conflicts.push({ name, between: witnesses, limitMs: keys.longerThan });
  }
  return conflicts;
}

function readHourRegister(context: ExpressionContext, value: unknown): HourRegisterRules | null {
  if (value === undefined) return null;
  const { checker, signals } = context;
  const path = ["usage", "hourRegister"];
  const keys = check(checker, path, value, hourRegisterKeys);
  const signal = keys && resolveSignal(context, [...path, "signal"], keys.signal);
  if (!keys || signal === undefined) return null;
  const { name, unit } = signals.signals[signal]!;
  const msPerUnit = MS_PER_UNIT[unit];
  if (msPerUnit === undefined) {
    const { tree, problems } = checker;
    const message = `${name} has the unit ${unit}; an hour register has h, min, s or ms`;
    problems.add(tree.at([...path, "signal"]), [...path, "signal"], message);
    return null;
  }
  return {
    signal,
    msPerUnit,
    toleranceMs: keys.tolerance,
    tolerancePerMille: keys.tolerancePerMille,
    ...(keys.rollover === undefined ? {} : { rolloverAt: Math.round(keys.rollover * msPerUnit) }),
    compareWith: keys.compareWith,
  };
}

function readServices(checker: Checker, section: unknown): readonly ServiceInterval[] {
  const services: ServiceInterval[] = [];
  const sectionPath = ["usage", "service"];
  for (const [name, entry] of entriesOf(checker, sectionPath, section, SERVICES_MAX)) {
    const path = [...sectionPath, name];
    const keys = check(checker, path, entry, serviceKeys);
    if (!keys) continue;
    const { register } = keys;
    const amounts = isCount(register)
      ? ([serviceEvents, serviceEventsWarning] as const)
      : ([serviceDuration, serviceWarning] as const);
    const every = check<number>(checker, [...path, "every"], keys.every, amounts[0]);
    const warn =
      keys.warn === undefined
        ? Math.floor((every ?? 0) / 10)
        : check<number>(checker, [...path, "warn"], keys.warn, amounts[1]);
    if (every === undefined || warn === undefined) continue;
    if (warn >= every) {
      const { tree, problems } = checker;
      const message = "must be less than every, or it would warn from the beginning";
      problems.add(tree.at([...path, "warn"]), [...path, "warn"], message);
    }
    services.push({ name, register, every, warn });
  }
  return services;
}

export function resolveSignal(
  { checker, signals }: ExpressionContext,
  path: Path,
  name: string,
): number | undefined {
  return resolve(checker, path, "signal", name, signals.indexes);
}
