// How severe a vibration is: zones A to D after ISO 20816, by limits that the machine file chooses.

import assert from "node:assert/strict";
import { Fault } from "../signal/fault.ts";
import {
  SEVERITY_TABLE,
  SHAFT_BOUNDARIES,
  SHAFT_RPM_MAX,
  SHAFT_RPM_MIN,
  SHAFT_SOURCE,
} from "./severity-table.ts";
import type { Zone } from "./zone.ts";

export interface SeverityLimits {
  /** `group2-rigid`, or `given`. */
  readonly name: string;
  /** What is judged: broad-band velocity in mm/s RMS, or displacement in um. */
  readonly measure: "velocityRms" | "displacementRms" | "displacementPeakToPeak";
  /** In mm/s or um: the boundaries A/B, B/C, C/D. */
  readonly boundaries: readonly [number, number, number];
  /** Where the figures were read. */
  readonly source: string;
  /** False where a figure is only recalled: every finding by it says so. */
  readonly verified: boolean;
}

const SHAFT_NAME = /^shaft-(\d{1,6})rpm$/;

/** What `severityLimits` knows, for messages and completion. */
export const SEVERITY_NAMES: readonly string[] = [
  ...SEVERITY_TABLE.map(({ name }) => name),
  "shaft-NNNNrpm",
];

/** The limits of a name from the table, or of a shaft at a speed. Throws a Fault for any other. */
export function severityLimits(name: string): SeverityLimits {
  const row = SEVERITY_TABLE.find((candidate) => candidate.name === name);
  if (row) {
    const { measure, boundaries, source, verified } = row;
    return { name, measure, boundaries, source, verified };
  }
  const shaft = SHAFT_NAME.exec(name);
  if (shaft) return shaftLimits(name, Number(shaft[1]));
  throw new Fault(
    "SETTING_INVALID",
    `There are no limits of severity with the name "${name}".`,
    `Choose one of ${SEVERITY_NAMES.join(", ")}, or give three boundaries.`,
  );
}

function shaftLimits(name: string, rpm: number): SeverityLimits {
  if (rpm < SHAFT_RPM_MIN || rpm > SHAFT_RPM_MAX) {
    throw new Fault(
      "SETTING_INVALID",
      `The limits "${name}" of a shaft's vibration do not hold at ${rpm} rpm.`,
      `They are for ${SHAFT_RPM_MIN} to ${SHAFT_RPM_MAX} rpm; give three boundaries in um instead.`,
    );
  }
  const [first, second, third] = SHAFT_BOUNDARIES;
  const root = Math.sqrt(rpm);
  const boundaries = [first / root, second / root, third / root] as const;
  return {
    name,
    measure: "displacementPeakToPeak",
    boundaries,
    source: SHAFT_SOURCE,
    verified: false,
  };
}

/** A value on a boundary is in the better zone, as the limit of a zone belongs to it. */
export function judgeSeverity({ boundaries }: SeverityLimits, value: number): Zone {
  assert(value >= 0, "a severity is a number that is not negative");
  const [first, second, third] = boundaries;
  if (value <= first) return "A";
  if (value <= second) return "B";
  return value <= third ? "C" : "D";
}
