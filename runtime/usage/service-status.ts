// A service interval on a register, and where it stands: what a machine file declares and what
// every endpoint shows.

import type { RegisterName } from "./usage-state.ts";

export interface ServiceInterval {
  readonly name: string;
  readonly register: RegisterName;
  /** Milliseconds or events, as the register counts. */
  readonly every: number;
  /** It warns when this much is left; less than `every`. */
  readonly warn: number;
}

export type ServiceState = "ok" | "warning" | "due";

export interface ServiceStatus {
  readonly name: string;
  readonly register: RegisterName;
  readonly state: ServiceState;
  /** What the register said when the interval began. */
  readonly since: number;
  readonly every: number;
  /** Until it is due; negative by how much it is overdue. */
  readonly remaining: number;
}
