// `findings`: what the machine file changes in how faults become alarms. The faults are those that
// the diagnosis knows; what is not given is as runtime/diagnosis/finding-rules.ts says.

import { NE107, PRIORITIES } from "../../runtime/diagnosis/alarms.ts";
import {
  FAULTS_OF_MACHINES,
  FAULTS_OF_SENSORS,
  type FaultCode,
} from "../../runtime/diagnosis/finding.ts";
import {
  FINDING_RULES,
  type FindingRule,
  type FindingRules,
} from "../../runtime/diagnosis/finding-rules.ts";
import { type Checker, check } from "../../runtime/schema/issues.ts";
import { duration, schema } from "../../runtime/schema/schema.ts";

const DAY = 24 * 3_600_000;

const common = {
  severity: schema
    .number()
    .int("is not a whole number")
    .min(1, "is less than 1")
    .max(1_000, "is more than 1000, the most that OPC UA knows")
    .optional()
    .describe("1–1000, as OPC UA counts"),
  priority: schema
    .enum(PRIORITIES)
    .optional()
    .describe("What to look at first; default a quarter of the scale of severity for each"),
  latch: schema
    .boolean()
    .optional()
    .describe("It stands until it is acknowledged, also when it is over"),
  persist: duration({ maxMs: 30 * DAY })
    .optional()
    .describe("How long it must be found before it is an alarm"),
  clear: duration({ maxMs: 30 * DAY })
    .optional()
    .describe("How long it must be gone before the alarm is over"),
};

const machineFault = schema.strictObject({
  ...common,
  ne107: schema.enum(NE107).optional().describe("NAMUR NE 107 class"),
});
/**
 * Its class is check-function, always: what is wrong with a sensor is not wrong with the machine.
 */
const sensorFault = schema.strictObject({
  ...common,
  ne107: schema.literal("check-function").optional().describe("NAMUR NE 107 class; no other"),
});

type Given<Shape> = { [Fault in FaultCode]: Shape };

const described = (fault: FaultCode) => `How ${fault.replaceAll("-", " ")} becomes an alarm`;

export const findingsKeys = schema.strictObject(
  Object.fromEntries([
    ...FAULTS_OF_MACHINES.map((fault) => [
      fault,
      machineFault.optional().describe(described(fault)),
    ]),
    ...FAULTS_OF_SENSORS.map((fault) => [fault, sensorFault.optional().describe(described(fault))]),
  ]) as Given<ReturnType<typeof machineFault.optional>>,
);

export function readFindings(checker: Checker, section: unknown): FindingRules {
  if (section === undefined || section === null) return FINDING_RULES;
  const keys = check(checker, ["findings"], section, findingsKeys);
  if (keys === undefined) return FINDING_RULES;
  const rules = Object.entries(FINDING_RULES) as [FaultCode, FindingRule][];
  return Object.fromEntries(
    rules.map(([fault, rule]) => {
      const { severity, priority, ne107, latch, persist, clear } = keys[fault] ?? {};
      const changed: FindingRule = {
        severity: severity ?? rule.severity,
        priority: priority ?? rule.priority,
        ne107: ne107 ?? rule.ne107,
        latch: latch ?? rule.latch,
        persistMs: persist ?? rule.persistMs,
        clearMs: clear ?? rule.clearMs,
      };
      return [fault, changed];
    }),
  ) as FindingRules;
}
