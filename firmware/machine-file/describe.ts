// What a checked machine file amounts to, in words: how much is read, and above all what decides
// each usage state, because that is what somebody will be billed for.

import { FAULTS_OF_MACHINES } from "../../runtime/diagnosis/finding.ts";
import { parseVerifierKey } from "../../runtime/ledger/keys.ts";
import type { Condition, Expression } from "../../runtime/usage/condition.ts";
import { conditionsOf } from "../../runtime/usage/condition.ts";
import {
  type CountRule,
  FAULT_KINDS,
  isCounter,
  MODE_RULES,
  STATE_RULES,
} from "../../runtime/usage/usage-rules.ts";
import { isCount } from "../../runtime/usage/usage-state.ts";
import { wordsOf } from "./features-section.ts";
import type { Machine, MachineWaveform } from "./machine.ts";

export interface MachineDescription {
  readonly buses: number;
  readonly devices: number;
  /** Declared ones and those that waveforms bring. */
  readonly signals: number;
  readonly waveforms: number;
  readonly alarms: number;
  /** State → sentence; the order is the order of precedence. */
  readonly usage: Readonly<Record<string, string>>;
  /** What is counted beside the states, who says FAULT, and what watches over the hours. */
  readonly beside: Readonly<Record<string, string>>;
}

export function describeMachine(machine: Machine): MachineDescription {
  return {
    buses: machine.buses.length,
    devices: machine.buses.reduce((sum, bus) => sum + bus.devices.length, 0),
    signals: machine.signals.length,
    waveforms: machine.waveforms.length,
    alarms: machine.alarms.length,
    usage: describeUsage(machine),
    beside: describeBeside(machine),
  };
}

function describeUsage(machine: Machine): Readonly<Record<string, string>> {
  const order = machine.usage.faultOrder ?? FAULT_KINDS;
  const declared = STATE_RULES.filter((state) => {
    if (state === "FAULT" && !order.includes("machine")) return false;
    return machine.usage[state] !== undefined;
  });
  if (declared.length === 0) return { UNKNOWN: "always, because there are no rules" };
  const deciding = declared.flatMap((state) => conditionsOf(machine.usage[state]!));
  const names = [...new Set(deciding.map(({ signal }) => machine.signals[signal]!.name))];
  const conflicts = machine.usage.conflicts?.map(({ name }) => name) ?? [];
  const unless = conflicts.length > 0 ? `, or in conflict over ${conflicts.join(" or ")}` : "";
  const usage: Record<string, string> = {
    UNKNOWN: `when ${names.join(" or ")} is bad${unless}`,
  };
  for (const state of declared) {
    usage[state] = `when ${describeExpression(machine, machine.usage[state]!)}`;
  }
  usage["OFF"] = "when none of these holds";
  return usage;
}

function describeBeside(machine: Machine): Readonly<Record<string, string>> {
  const { usage, services, hourRegister, powerFail, gnssSignal } = machine;
  const beside: Record<string, string> = {};
  const expression = (when: Expression) => describeExpression(machine, when);
  for (const mode of MODE_RULES) {
    const when = usage.modes?.[mode];
    if (when) beside[mode] = `is the operating mode when ${expression(when)}`;
  }
  if (usage.overload) beside["overload"] = `counts time when ${expression(usage.overload)}`;
  for (const key of ["cycles", "strokes"] as const) {
    const rule = usage[key];
    if (rule) beside[key] = describeCount(machine, rule);
  }
  for (const { name, between, limitMs } of usage.conflicts ?? []) {
    const witnesses = between.map((witness) => expression(witness)).join("; whether ");
    const agree = `whether ${witnesses}`;
    beside[`conflict ${name}`] = `when they differ for more than ${words(limitMs)}: ${agree}`;
  }
  beside["faults"] = `are said by ${describeFaults(machine)}`;
  for (const waveform of machine.waveforms) {
    beside[`waveform ${waveform.name}`] = describeWaveform(machine, waveform);
  }
  for (const { kind, of, signal, overMs, whileState } of machine.features) {
    const sources = of.map((source) => machine.signals[source]!.name).join(" to ");
    const when = whileState === null ? "" : `, only while ${whileState}`;
    const sentence = `is the ${wordsOf(kind)} ${sources} over ${words(overMs)}${when}`;
    beside[`feature ${machine.signals[signal]!.name}`] = sentence;
  }
  for (const { name, register, every, warn } of services) {
    const amount = (value: number) => (isCount(register) ? `${value}` : words(value));
    beside[`service ${name}`] =
      `each ${amount(every)} of ${register}, warns ${amount(warn)} before`;
  }
  if (hourRegister) {
    const { signal, compareWith, toleranceMs, tolerancePerMille } = hourRegister;
    const tolerance = `${words(toleranceMs)} and ${tolerancePerMille} per mille`;
    const name = machine.signals[signal]!.name;
    beside["hourRegister"] = `${name} is compared with ${compareWith.join(" + ")}, to ${tolerance}`;
  }
  if (powerFail) beside["powerFail"] = `is announced when ${expression(powerFail)}`;
  if (gnssSignal !== null) beside["time"] = `is also told by ${machine.signals[gnssSignal]!.name}`;
  beside["ledger"] = describeLedger(machine);
  return beside;
}

/** The names stand here, because rules and alarms may name each of them. */
function describeWaveform({ signals, usage }: Machine, waveform: MachineWaveform): string {
  const { diagnosis, featureSignals } = waveform;
  const brings = `brings ${featureSignals.map((signal) => signals[signal]!.name).join(", ")}`;
  if (diagnosis === null) return brings;
  const { speed, states } = diagnosis;
  const byDefault = usage.WORKING || usage.IDLE ? "while IDLE or WORKING" : "in every state";
  const when = states === null ? byDefault : `while ${states.join(" or ")}`;
  const turns =
    speed === null
      ? "the speed being unknown"
      : "hz" in speed
        ? `at ${Number((speed.hz * 60).toPrecision(6))} rpm`
        : `at the speed of ${signals[speed.signal]!.name}`;
  return `is judged ${when}, ${turns}; ${brings}`;
}

function describeCount(machine: Machine, rule: CountRule): string {
  return isCounter(rule)
    ? `are what ${machine.signals[rule.counter]!.name} counts`
    : `count each time that ${describeExpression(machine, rule)}`;
}

function describeFaults({ usage, alarms, findings, waveforms }: Machine): string {
  const classes: readonly string[] = usage.faultAlarms ?? [];
  const names = alarms.filter(({ ne107 }) => classes.includes(ne107)).map(({ name }) => name);
  const who = (usage.faultOrder ?? FAULT_KINDS).flatMap((kind) => {
    if (kind === "machine") return usage.FAULT ? ["the machine"] : [];
    if (kind === "instruction") return ["a signed instruction"];
    const found = waveforms.length === 0 ? [] : FAULTS_OF_MACHINES;
    const faults = found.filter((fault) => classes.includes(findings[fault].ne107));
    return [
      ...(names.length > 0 ? [`the alarms ${names.join(", ")}`] : []),
      ...(faults.length > 0 ? [`the findings ${faults.join(", ")}`] : []),
    ];
  });
  return who.length > 0 ? who.join(", then ") : "nobody";
}

function describeLedger({ ledger }: Machine): string {
  const nameOf = (text: string) => {
    const key = parseVerifierKey(text);
    return typeof key === "string" ? text : key.name;
  };
  const witnesses = ledger.witnesses.map(({ name }) => name);
  return [
    `is signed each ${words(ledger.checkpointEveryMs)} at least`,
    witnesses.length > 0 ? `witnessed by ${witnesses.join(", ")}` : "witnessed by nobody",
    ledger.lessor === null
      ? "and names no lessor"
      : `and takes a lease from ${nameOf(ledger.lessor)}`,
  ].join(", ");
}

/** `500 h`, `3 min`, `5 s`: in the largest unit that has no fraction. */
function words(ms: number): string {
  for (const [unit, size] of [
    ["h", 3_600_000],
    ["min", 60_000],
  ] as const) {
    if (ms >= size && ms % size === 0) return `${ms / size} ${unit}`;
  }
  return `${ms / 1_000} s`;
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
  const holds =
    test === "bits"
      ? `has any bit of 0x${threshold.toString(16)}`
      : test === "equals"
        ? `is ${threshold}${unit}`
        : `is ${test} ${threshold}${unit}`;
  return `${signal.name} ${holds}${details.length > 0 ? ` (${details.join(", ")})` : ""}`;
}
