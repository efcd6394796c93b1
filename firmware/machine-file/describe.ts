// What a checked machine file amounts to, in words: how much is read, and above all what decides
// each usage state, because that is what somebody will be billed for.

import type { Condition, Expression } from "../../runtime/usage/condition.ts";
import { conditionsOf } from "../../runtime/usage/condition.ts";
import type { Machine } from "./machine.ts";

export interface MachineDescription {
  readonly buses: number;
  readonly devices: number;
  /** Declared ones and those that waveforms bring. */
  readonly signals: number;
  readonly waveforms: number;
  readonly alarms: number;
  /** State → sentence; the order is the order of precedence. */
  readonly usage: Readonly<Record<string, string>>;
}

const RULES = ["FAULT", "WORKING", "IDLE", "STANDBY"] as const;

export function describeMachine(machine: Machine): MachineDescription {
  return {
    buses: machine.buses.length,
    devices: machine.buses.reduce((sum, bus) => sum + bus.devices.length, 0),
    signals: machine.signals.length,
    waveforms: machine.waveforms.length,
    alarms: machine.alarms.length,
    usage: describeUsage(machine),
  };
}

function describeUsage(machine: Machine): Readonly<Record<string, string>> {
  const declared = RULES.filter((state) => machine.usage[state] !== undefined);
  if (declared.length === 0) return { UNKNOWN: "always, because there are no rules" };
  const deciding = declared.flatMap((state) => conditionsOf(machine.usage[state]!));
  const names = [...new Set(deciding.map(({ signal }) => machine.signals[signal]!.name))];
  const usage: Record<string, string> = {
    UNKNOWN: `when ${names.join(" or ")} is bad`,
  };
  for (const state of declared) {
    usage[state] = `when ${describeExpression(machine, machine.usage[state]!)}`;
  }
  usage["OFF"] = "when none of these holds";
  return usage;
}

function describeExpression(machine: Machine, expression: Expression, nested = false): string {
  if ("signal" in expression) return describeCondition(machine, expression);
  const [word, operands] = "all" in expression ? ["and", expression.all] : ["or", expression.any];
  const parts = operands.map((operand) => describeExpression(machine, operand, true));
  const text = parts.join(` ${word} `);
  return nested && parts.length > 1 ? `(${text})` : text;
}

function describeCondition(machine: Machine, condition: Condition): string {
  const { test, threshold, hysteresis, minOnMs, minOffMs } = condition;
  const signal = machine.signals[condition.signal]!;
  const unit = signal.unit === "1" ? "" : ` ${signal.unit}`;
  const details: string[] = [];
  if (hysteresis > 0) {
    const back = test === "above" ? threshold - hysteresis : threshold + hysteresis;
    details.push(`until ${test === "above" ? "below" : "above"} ${back}${unit}`);
  }
  if (minOnMs > 0) details.push(`on after ${minOnMs / 1_000} s`);
  if (minOffMs > 0) details.push(`off after ${minOffMs / 1_000} s`);
  const words =
    test === "bits"
      ? `has any bit of 0x${threshold.toString(16)}`
      : test === "equals"
        ? `is ${threshold}${unit}`
        : `is ${test} ${threshold}${unit}`;
  return `${signal.name} ${words}${details.length > 0 ? ` (${details.join(", ")})` : ""}`;
}
