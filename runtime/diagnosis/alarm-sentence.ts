// What a mechanic reads of a finding: what is wrong, where, at which hours and load, how sure it is
// by what was measured, and the first thing to do. English, as all words of ours on records.

import type { ServiceStatus } from "../usage/service-status.ts";
import { isCount, type Registers } from "../usage/usage-state.ts";
import { excess } from "./alarm-evidence.ts";
import type { FaultCode, Finding } from "./finding.ts";
import { isSensorFault } from "./finding-rules.ts";
import type { Advice } from "./knowledge.ts";

/** What is not in the finding: the machine's hours and its service. */
export interface SentenceContext {
  readonly registers: Registers;
  readonly services: readonly ServiceStatus[];
  /** The last service that was done; null where none is on the ledger. */
  readonly sinceService: { readonly name: string; readonly overloadMs: number } | null;
  /** As people write it (`%`, `kW`); null where nobody knows what the load is counted in. */
  readonly loadUnit: string | null;
  readonly advice: Advice | null;
}

/** `%` is the part that is named, as people say it. */
const CLAIMS: Readonly<Record<FaultCode, readonly [named: string, whole: string]>> = {
  "bearing-outer": ["Damage to the outer race of the % bearing", "Damage to an outer race"],
  "bearing-inner": ["Damage to the inner race of the % bearing", "Damage to an inner race"],
  "bearing-ball": ["Damage to a rolling element of the % bearing", "Damage to a rolling element"],
  "bearing-cage": ["Damage to the cage of the % bearing", "Damage to a bearing's cage"],
  unbalance: ["Unbalance of the %", "Unbalance"],
  misalignment: ["Misalignment at the %", "Misalignment of shafts"],
  looseness: ["Looseness at the %", "Something is loose"],
  "gear-mesh": ["Damage to the teeth of the % gear", "Damage to the teeth of a gear"],
  "broken-rotor-bar": ["Broken bars in the rotor of the %", "Broken bars in the motor's rotor"],
  "current-unbalance": ["The phases of the % carry unequal currents", "Unequal phase currents"],
  rubbing: ["The % rubs", "Something rubs"],
  "vibration-severity": ["Severe vibration of the %", "Severe vibration"],
  "vibration-change": ["The vibration of the % has changed", "The vibration has changed"],
  "pattern-change": ["The % behaves unlike before", "The signals behave unlike before"],
  drift: ["The % drifts away from what is usual", "A slow drift away from what is usual"],
  "sensor-clipped": ["The sensor of the % is overdriven", "The sensor is overdriven"],
  "sensor-dropout": ["The sensor of the % loses samples", "The sensor loses samples"],
  "sensor-mains": ["The sensor of the % picks up the mains", "The sensor picks up the mains"],
  "sensor-stuck": ["The sensor of the % is stuck", "The sensor is stuck"],
  "sensor-disconnected": ["The sensor of the % is disconnected", "The sensor is disconnected"],
  "sensor-scale": ["The sensor of the % is scaled wrongly", "The sensor is scaled wrongly"],
};

export function findingSentence(finding: Finding, context: SentenceContext): string {
  const { fault, part, source, evidence } = finding;
  const [named, whole] = CLAIMS[fault];
  const claim = part === null ? whole : named.replace("%", () => spoken(part, named));
  const facts = isSensorFault(fault)
    ? [`at ${hours(context.registers.working)} working hours`]
    : circumstances(finding, context);
  const zone = evidence.zone === null ? "" : `, vibration in zone ${evidence.zone}`;
  const sentences = [
    `${claim} (${source}${zone}), ${facts.join(", ")}`,
    ...(isSensorFault(fault) ? ["It says nothing of the machine until it is right"] : []),
    ...measured(finding),
    ...overdue(context.services),
    ...(context.advice?.do.slice(0, 1) ?? []),
  ];
  return sentences.map((sentence) => `${sentence.replace(/[.\s]+$/, "")}.`).join(" ");
}

function circumstances({ evidence }: Finding, context: SentenceContext): readonly string[] {
  const { registers, sinceService, loadUnit } = context;
  const facts = [`at ${hours(registers.working)} working hours`];
  if (evidence.load !== null) {
    facts.push(`${short(evidence.load)}${loadUnit === null ? "" : ` ${loadUnit}`} load`);
  }
  if (evidence.speedRpm !== null) facts.push(`${grouped(Math.round(evidence.speedRpm))} rpm`);
  const { overloadMs, since } =
    sinceService === null
      ? { overloadMs: registers.overload, since: "in all" }
      : { overloadMs: sinceService.overloadMs, since: `since service ${sinceService.name}` };
  if (overloadMs > 0) facts.push(`${spell(overloadMs)} of overload ${since}`);
  return facts;
}

/** The line that exceeds its threshold the most, or the first feature that was held to a limit. */
function measured({ evidence: { lines, features } }: Finding): readonly string[] {
  const [line] = lines.toSorted((one, other) => excess(other) - excess(one));
  if (line !== undefined) {
    const { line: name, foundHz, db, thresholdDb } = line;
    const stands = `stands ${short(db)} dB above what is around`;
    return [
      `Its line at ${short(foundHz)} Hz (${name}) ${stands}; the limit is ${short(thresholdDb)} dB`,
    ];
  }
  const feature = features.find(({ limit }) => limit !== null) ?? features[0];
  if (feature === undefined) return [];
  const { value, limit, usual } = feature;
  const unit = feature.unit === "1" ? "" : ` ${feature.unit}`;
  const words = [
    `${feature.feature} is ${short(value)}${unit}`,
    ...(limit === null ? [] : [`the limit is ${short(limit)}${unit}`]),
    ...(usual === null ? [] : [`${short(usual)}${unit} is usual here`]),
  ];
  return [words.join("; ")];
}

function overdue(services: readonly ServiceStatus[]): readonly string[] {
  return services
    .filter(({ state }) => state === "due")
    .slice(0, 1)
    .map(({ name, register, remaining }) => {
      const amount = isCount(register) ? grouped(-remaining) : `${hours(-remaining)} h`;
      return `Service ${name} is overdue by ${amount} of ${register}`;
    });
}

/** `driveEnd` → `drive-end`; a word that the sentence has already is not said twice. */
function spoken(part: string, claim: string): string {
  const words = part
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(" ");
  const last = words.at(-1)!;
  if (words.length > 1 && claim.includes(`% ${last}`)) words.pop();
  return words.join("-");
}

function grouped(whole: number): string {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1,204.3`, rounded down as hours are. */
function hours(milliseconds: number): string {
  const tenths = Math.floor(milliseconds / 360_000);
  return `${grouped(Math.floor(tenths / 10))}.${tenths % 10}`;
}

function spell(milliseconds: number): string {
  if (milliseconds < 60_000) return `${Math.ceil(milliseconds / 1_000)} s`;
  const minutes = Math.floor(milliseconds / 60_000);
  return minutes < 120 ? `${minutes} min` : `${hours(milliseconds)} h`;
}

/** Three figures, as one says it. */
function short(value: number): string {
  return String(Number(value.toPrecision(Math.abs(value) >= 100 ? 4 : 3)));
}
