import type { Expression } from "./condition.ts";

/**
 * Which expression makes which state. Where none is true the machine is OFF; where a signal that
 * decides is bad it is UNKNOWN. Both need no rule, so they have none. With no rules at all the state
 * is UNKNOWN.
 */
export interface UsageRules {
  readonly FAULT?: Expression;
  readonly WORKING?: Expression;
  readonly IDLE?: Expression;
  readonly STANDBY?: Expression;
}
