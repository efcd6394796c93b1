// The six usage states, the operating modes beside them, and the registers that count them.

export const USAGE_STATES = ["OFF", "STANDBY", "IDLE", "WORKING", "FAULT", "UNKNOWN"] as const;
export type UsageState = (typeof USAGE_STATES)[number];

/** MachineryOperationMode of OPC 40001-1: what the machine is meant to do, whatever it does. */
export const OPERATING_MODES = ["None", "Setup", "Processing", "Maintenance"] as const;
export type OperatingMode = (typeof OPERATING_MODES)[number];

/** Milliseconds in each state, and events. They never reset and never decrease. */
export interface Registers {
  readonly off: number;
  readonly standby: number;
  readonly idle: number;
  readonly working: number;
  readonly fault: number;
  readonly unknown: number;
  /** Milliseconds in which an overload was seen; part of the states above, not beside them. */
  readonly overload: number;
  /** Milliseconds in the operating mode Maintenance; part of the states above. */
  readonly maintenance: number;
  /** From OFF or STANDBY to IDLE or WORKING; UNKNOWN in between neither adds nor hides one. */
  readonly starts: number;
  /** Into WORKING from any other known state. */
  readonly loads: number;
  /** Events that the machine file declares, such as a press's cycles. */
  readonly cycles: number;
  readonly strokes: number;
}

/** The register of each state, in the order of USAGE_STATES. They sum to the observed time. */
export const STATE_REGISTERS = ["off", "standby", "idle", "working", "fault", "unknown"] as const;
export type StateRegister = (typeof STATE_REGISTERS)[number];

/** Registers of milliseconds that lie across the states. */
export const ACROSS_REGISTERS = ["overload", "maintenance"] as const;

/** Registers of events. */
export const COUNT_REGISTERS = ["starts", "loads", "cycles", "strokes"] as const;
export type CountRegister = (typeof COUNT_REGISTERS)[number];

export const REGISTER_NAMES = [
  ...STATE_REGISTERS,
  ...ACROSS_REGISTERS,
  ...COUNT_REGISTERS,
] as const satisfies readonly (keyof Registers)[];
export type RegisterName = (typeof REGISTER_NAMES)[number];

export const ZERO_REGISTERS: Registers = {
  off: 0,
  standby: 0,
  idle: 0,
  working: 0,
  fault: 0,
  unknown: 0,
  overload: 0,
  maintenance: 0,
  starts: 0,
  loads: 0,
  cycles: 0,
  strokes: 0,
};

export function isCount(name: RegisterName): name is CountRegister {
  return (COUNT_REGISTERS as readonly string[]).includes(name);
}

/** Milliseconds that were observed: the sum of the six state registers, exactly. */
export function observedMs(registers: Registers): number {
  const { off, standby, idle, working, fault, unknown } = registers;
  return off + standby + idle + working + fault + unknown;
}
