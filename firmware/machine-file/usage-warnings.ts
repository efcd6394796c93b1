// What the rules of usage may say and their author may yet not mean: rules that can never speak,
// and limits that cost more than they give.

import { FAULTS_OF_MACHINES } from "../../runtime/diagnosis/finding.ts";
import type { Checker } from "../../runtime/schema/issues.ts";
import type { Path } from "../../runtime/schema/problem.ts";
import { conditionsOf } from "../../runtime/usage/condition.ts";
import { FAULT_KINDS, isCounter } from "../../runtime/usage/usage-rules.ts";
import type { RegisterName } from "../../runtime/usage/usage-state.ts";
import type { Machine } from "./machine.ts";

/** Registers lag by as much as a contradiction may last, and a power cut takes what they lag. */
const CONFLICT_MS_USUAL = 60_000;
/** More often than this the ledger grows by more than a gigabyte in ten years. */
const LEDGER_MS_USUAL = 60_000;

type Warn = (path: Path, message: string) => void;

export function warnOfUsage(machine: Machine, { tree, problems }: Checker): void {
  const warn: Warn = (path, message) => problems.add(tree.at(path), path, message);
  warnOfFaults(machine, warn);
  warnOfConflicts(machine, warn);
  warnOfCounts(machine, warn);
  warnOfServices(machine, warn);
  warnOfHourRegister(machine, warn);
  for (const [key, everyMs] of [
    ["checkpointEvery", machine.ledger.checkpointEveryMs],
    ["tickEvery", machine.ledger.tickEveryMs],
  ] as const) {
    if (everyMs >= LEDGER_MS_USUAL) continue;
    warn(["ledger", key], "is shorter than 1min: each one wears the disk, and none adds an hour");
  }
}

function warnOfFaults({ usage, alarms, findings, waveforms }: Machine, warn: Warn): void {
  const order = usage.faultOrder ?? FAULT_KINDS;
  const classes = usage.faultAlarms ?? [];
  if (usage.FAULT && !order.includes("machine")) {
    warn(["usage", "FAULT"], "never counts: faultFrom does not name machine");
  }
  if (usage.faultOrder?.includes("machine") && !usage.FAULT) {
    warn(["usage", "faultFrom"], "names machine, and there is no rule FAULT that it could say");
  }
  if (usage.faultOrder?.includes("alarm") && classes.length === 0) {
    warn(["usage", "faultFrom"], "names alarm, and faultAlarms names no class of alarms");
  }
  if (classes.length > 0 && !order.includes("alarm")) {
    warn(["usage", "faultAlarms"], "never counts: faultFrom does not name alarm");
  }
  for (const [index, ne107] of classes.entries()) {
    if (alarms.some((alarm) => alarm.ne107 === ne107)) continue;
    const ofFindings: readonly string[] = FAULTS_OF_MACHINES.map((one) => findings[one].ne107);
    if (waveforms.length > 0 && ofFindings.includes(ne107)) continue;
    warn(["usage", "faultAlarms", index], `no alarm has the class ${ne107}`);
  }
}

function warnOfConflicts({ usage, signals }: Machine, warn: Warn): void {
  for (const { name, between, limitMs } of usage.conflicts ?? []) {
    const path = ["usage", "conflicts", name];
    const witnesses = between.map((witness) => JSON.stringify(witness));
    if (new Set(witnesses).size < witnesses.length) {
      warn([...path, "between"], "has the same condition twice, which never contradicts itself");
    }
    if (limitMs > CONFLICT_MS_USUAL) {
      const message = "is longer than 60 s: hours wait for it, and a power cut takes what waits";
      warn([...path, "longerThan"], message);
    }
    const held = between
      .flatMap(conditionsOf)
      .find(({ minOnMs, minOffMs }) => Math.max(minOnMs, minOffMs) > limitMs);
    if (held === undefined) continue;
    const signal = signals[held.signal]!.name;
    const message = `is shorter than minOn or minOff of ${signal}: what those bridge contradicts`;
    warn([...path, "longerThan"], message);
  }
}

function warnOfCounts({ usage, signals }: Machine, warn: Warn): void {
  for (const key of ["cycles", "strokes"] as const) {
    const rule = usage[key];
    if (rule === undefined || !isCounter(rule)) continue;
    const { name, unit } = signals[rule.counter]!;
    if (unit === "1") continue;
    warn(["usage", key, "counter"], `${name} has the unit ${unit}; a count has none ("1")`);
  }
}

function warnOfServices({ usage, services, hourRegister }: Machine, warn: Warn): void {
  const silent = silentRegisters(usage);
  for (const { name, register } of services) {
    const reason = silent.get(register);
    if (reason === undefined) continue;
    warn(["usage", "service", name, "register"], `${register} never counts: ${reason}`);
  }
  for (const [index, register] of (hourRegister?.compareWith ?? []).entries()) {
    // The default names IDLE for machines that have such a rule.
    if (register === "idle" || !silent.has(register)) continue;
    const message = `${register} never counts: ${silent.get(register)}`;
    warn(["usage", "hourRegister", "compareWith", index], message);
  }
}

/** Registers that stand still with these rules, and why. */
function silentRegisters(usage: Machine["usage"]): ReadonlyMap<RegisterName, string> {
  const silent = new Map<RegisterName, string>();
  const without = (register: RegisterName, rule: unknown, name: string) => {
    if (rule === undefined) silent.set(register, `there is no rule ${name}`);
  };
  without("standby", usage.STANDBY, "STANDBY");
  without("idle", usage.IDLE, "IDLE");
  without("working", usage.WORKING, "WORKING");
  without("overload", usage.overload, "overload");
  without("maintenance", usage.modes?.Maintenance, "modes.Maintenance");
  without("starts", usage.WORKING ?? usage.IDLE, "WORKING or IDLE");
  without("loads", usage.WORKING, "WORKING");
  without("cycles", usage.cycles, "cycles");
  without("strokes", usage.strokes, "strokes");
  return silent;
}

function warnOfHourRegister({ hourRegister, signals }: Machine, warn: Warn): void {
  if (hourRegister === null) return;
  const { signal, msPerUnit, toleranceMs } = hourRegister;
  const stepMs = Math.abs(signals[signal]!.scale) * msPerUnit;
  // A count of seconds that is scaled to hours has no rounder number than this.
  if (stepMs <= toleranceMs + 1) return;
  const message = `is less than one step of ${signals[signal]!.name}, ${stepMs / 1_000} s`;
  warn(["usage", "hourRegister", "tolerance"], message);
}
