// How hours and usage states of ours become the words of OPC 10000-100 (DI) and OPC 40001-1
// (Machinery). The notions of "operating" in the field differ; docs/opcua.md says so to people.

import type { Registers, UsageState } from "../../runtime/usage/usage-state.ts";

/** OPC 40001-1 §10: the states of MachineryItemState. */
export type ItemState = "NotAvailable" | "OutOfService" | "NotExecuting" | "Executing";

export const ITEM_STATE_OF: Readonly<Record<UsageState, ItemState>> = {
  OFF: "NotAvailable",
  STANDBY: "NotExecuting",
  IDLE: "NotExecuting",
  WORKING: "Executing",
  FAULT: "OutOfService",
  // Nobody can tell, so nobody can count on it.
  UNKNOWN: "NotAvailable",
};

/**
 * Milliseconds in which the machine was seen powered. UNKNOWN time is left out: it may have been
 * powered, and these counters must never claim more than was observed.
 */
export function powerOnMs({ standby, idle, working, fault }: Registers): number {
  return standby + idle + working + fault;
}

/** "Powered and performing an activity" (OPC 10000-100): working, without idling. */
export function operationMs({ working }: Registers): number {
  return working;
}

export function operationCycles({ loads }: Registers): number {
  return loads;
}

/** The durations of our own Usage object: browse name and register. */
export const USAGE_DURATIONS = [
  ["OffDuration", "off"],
  ["StandbyDuration", "standby"],
  ["IdleDuration", "idle"],
  ["WorkingDuration", "working"],
  ["FaultDuration", "fault"],
  ["UnknownDuration", "unknown"],
  ["OverloadDuration", "overload"],
  ["MaintenanceDuration", "maintenance"],
] as const satisfies readonly (readonly [string, keyof Registers])[];

export const USAGE_COUNTS = [
  ["Starts", "starts"],
  ["Loads", "loads"],
  ["Cycles", "cycles"],
  ["Strokes", "strokes"],
] as const satisfies readonly (readonly [string, keyof Registers])[];
