// How each fault becomes an alarm where the machine file says nothing else: how severe it is, how
// long it must be there, how long it must be gone, and whether somebody has to acknowledge it.

import { type AlarmPriority, type Ne107, priorityOf } from "./alarms.ts";
import { FAULTS_OF_SENSORS, type FaultCode, type Finding } from "./finding.ts";

export interface FindingRule {
  /** 1–1000, as OPC UA counts. */
  readonly severity: number;
  /** Null: as the severity says. */
  readonly priority: AlarmPriority | null;
  readonly ne107: Ne107;
  readonly latch: boolean;
  /** For how long it must be found before it is an alarm. */
  readonly persistMs: number;
  /** For how long it must be gone before the alarm is over. */
  readonly clearMs: number;
}

export type FindingRules = Readonly<Record<FaultCode, FindingRule>>;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function rule(
  ne107: Ne107,
  severity: number,
  persistMs: number,
  clearMs: number,
  latch = false,
): FindingRule {
  return { severity, priority: null, ne107, latch, persistMs, clearMs };
}

const MAINTENANCE = "maintenance-required";
const CHECK = "check-function";

/**
 * Damage grows over hours and days and does not heal: it may take its time, and it latches. What
 * hurts within minutes (a severe vibration, a rub) is told within a minute. All of it is ours and
 * no standard's; a machine file changes any of it.
 */
export const FINDING_RULES: FindingRules = {
  "bearing-outer": rule(MAINTENANCE, 600, 10 * MINUTE, HOUR, true),
  "bearing-inner": rule(MAINTENANCE, 600, 10 * MINUTE, HOUR, true),
  "bearing-ball": rule(MAINTENANCE, 600, 10 * MINUTE, HOUR, true),
  "bearing-cage": rule(MAINTENANCE, 700, 10 * MINUTE, HOUR, true),
  unbalance: rule(MAINTENANCE, 450, 10 * MINUTE, 30 * MINUTE),
  misalignment: rule(MAINTENANCE, 450, 10 * MINUTE, 30 * MINUTE),
  looseness: rule(MAINTENANCE, 550, 10 * MINUTE, 30 * MINUTE),
  "gear-mesh": rule(MAINTENANCE, 600, 10 * MINUTE, HOUR, true),
  "broken-rotor-bar": rule(MAINTENANCE, 700, 10 * MINUTE, HOUR, true),
  "current-unbalance": rule(MAINTENANCE, 600, MINUTE, 5 * MINUTE),
  rubbing: rule("out-of-specification", 750, MINUTE, 10 * MINUTE, true),
  "vibration-severity": rule("out-of-specification", 600, MINUTE, 5 * MINUTE),
  "vibration-change": rule(MAINTENANCE, 450, 10 * MINUTE, 30 * MINUTE),
  "pattern-change": rule(MAINTENANCE, 350, 10 * MINUTE, 30 * MINUTE),
  drift: rule(MAINTENANCE, 350, 30 * MINUTE, HOUR),
  "sensor-clipped": rule(CHECK, 400, MINUTE, 5 * MINUTE),
  "sensor-dropout": rule(CHECK, 400, MINUTE, 5 * MINUTE),
  "sensor-mains": rule(CHECK, 300, 10 * MINUTE, 10 * MINUTE),
  "sensor-stuck": rule(CHECK, 400, MINUTE, 5 * MINUTE),
  "sensor-disconnected": rule(CHECK, 500, MINUTE, MINUTE),
  "sensor-scale": rule(CHECK, 300, 10 * MINUTE, 10 * MINUTE),
};

/** What is wrong with a sensor is said of the sensor: it never makes the machine's time FAULT. */
export function isSensorFault(fault: FaultCode): boolean {
  return (FAULTS_OF_SENSORS as readonly string[]).includes(fault);
}

/**
 * ISO 20816 calls zone D severe enough to damage the machine: there a vibration weighs a quarter of
 * the scale more than where it was first alarmed on.
 */
const ZONE_D_MORE = 250;

export function severityOf({ severity }: FindingRule, { fault, evidence }: Finding): number {
  const isGrave = fault === "vibration-severity" && evidence.zone === "D";
  return isGrave ? Math.min(1_000, severity + ZONE_D_MORE) : severity;
}

export function priorityBy({ priority }: FindingRule, severity: number): AlarmPriority {
  return priority ?? priorityOf(severity);
}
