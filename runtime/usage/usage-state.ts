// The six usage states and the registers that count them.

export const USAGE_STATES = ["OFF", "STANDBY", "IDLE", "WORKING", "FAULT", "UNKNOWN"] as const;
export type UsageState = (typeof USAGE_STATES)[number];

/** Milliseconds in each state, and events. They never reset and never decrease. */
export interface Registers {
  readonly off: number;
  readonly standby: number;
  readonly idle: number;
  readonly working: number;
  readonly fault: number;
  readonly unknown: number;
  /** From OFF or STANDBY to IDLE or WORKING; UNKNOWN in between neither adds nor hides one. */
  readonly starts: number;
  /** Into WORKING from any other known state. */
  readonly loads: number;
}

export const REGISTER_NAMES = [
  "off",
  "standby",
  "idle",
  "working",
  "fault",
  "unknown",
  "starts",
  "loads",
] as const satisfies readonly (keyof Registers)[];

export const ZERO_REGISTERS: Registers = {
  off: 0,
  standby: 0,
  idle: 0,
  working: 0,
  fault: 0,
  unknown: 0,
  starts: 0,
  loads: 0,
};

/** Milliseconds that were observed: the sum of the six state registers, exactly. */
export function observedMs(registers: Registers): number {
  const { off, standby, idle, working, fault, unknown } = registers;
  return off + standby + idle + working + fault + unknown;
}
