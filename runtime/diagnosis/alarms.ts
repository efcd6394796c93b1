// Limit alarms: a condition over signals that gets a state, a class and a sentence for people.

import type { Expression } from "../usage/condition.ts";

/** NAMUR NE 107, in the spelling that machine file, records and endpoints share. */
export const NE107 = [
  "failure",
  "check-function",
  "out-of-specification",
  "maintenance-required",
] as const;
export type Ne107 = (typeof NE107)[number];

export interface AlarmDefinition {
  /** Unique in the machine file; stable. */
  readonly name: string;
  readonly when: Expression;
  /** 1–1000, as OPC UA counts. */
  readonly severity: number;
  readonly ne107: Ne107;
  /** What a mechanic reads. */
  readonly text: string;
}
