// `waveforms.NAME.diagnose` and `diagnosis` of the machine file: from their keys to what the
// diagnosis has to know.

import { BEARING_LIBRARY, parseBearing } from "../../runtime/diagnosis/bearing/library.ts";
import {
  type DiagnosisChannel,
  type GearStage,
  type MountedBearing,
  QUANTITIES,
  type Quantity,
  type Regime,
} from "../../runtime/diagnosis/channel.ts";
import { featureWordsOf } from "../../runtime/diagnosis/features/feature-set.ts";
import { quantityOfUnit, unitsOf } from "../../runtime/diagnosis/features/quantity-units.ts";
import { MEASURE_SUFFIX } from "../../runtime/diagnosis/gathering.ts";
import { type SeverityLimits, severityLimits } from "../../runtime/diagnosis/severity.ts";
import { type Checker, check } from "../../runtime/schema/issues.ts";
import type { Path } from "../../runtime/schema/problem.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import type { SignalDefinition } from "../../runtime/signal/signal.ts";
import {
  BEARINGS_MAX,
  bearingEntry,
  diagnoseKeys,
  diagnosisKeys,
  GEARS_MAX,
  gearEntry,
} from "./diagnose-schema.ts";
import { entriesOf, isMap, resolve } from "./entries.ts";
import type { ExpressionContext } from "./expressions.ts";
import type { MachineDiagnosisRules, WatchedSignal, WaveformDiagnosis } from "./machine.ts";

/** Revolutions per second that one of the unit is. */
const HZ_OF_UNIT: Readonly<Record<string, number>> = { "/min": 1 / 60, Hz: 1, "/s": 1 };

const SECONDS_PER_MINUTE = 60;

type Keys = ReturnType<typeof diagnoseKeys.parse>;

/** What is left to be found once all signals are known. */
export interface UnresolvedDiagnosis {
  readonly path: Path;
  readonly keys: Keys;
  readonly channel: DiagnosisChannel;
}

export interface DiagnosedWaveform {
  readonly name: string;
  readonly unit: string;
  readonly rate: number;
  readonly windowSamples: number;
}

/** Undefined after its problems were listed. */
export function readDiagnose(
  checker: Checker,
  path: Path,
  value: unknown,
  waveform: DiagnosedWaveform,
): UnresolvedDiagnosis | undefined {
  const keys = check(checker, path, value, diagnoseKeys);
  if (!keys) return undefined;
  const { tree, problems } = checker;
  const quantity = keys.quantity ?? quantityOfUnit(waveform.unit);
  if (keys.rpm !== undefined && keys.speed !== undefined) {
    problems.add(tree.at([...path, "speed"]), [...path, "speed"], "stands beside rpm; keep one");
  }
  const severity = readSeverity(checker, [...path, "severity"], keys.severity);
  const bearings = readBearings(checker, [...path, "bearings"], keys.bearings);
  const gears = readGears(checker, [...path, "gears"], keys.gears);
  const needsSpeed = bearings.length + gears.length > 0;
  if (needsSpeed && keys.rpm === undefined && keys.speed === undefined) {
    const message = "needs rpm or speed: bearings and gears are told by multiples of it";
    problems.add(tree.keyAt(path), path, message);
  }
  if (keys.regime?.load !== undefined && keys.load === undefined) {
    const at = [...path, "regime", "load"];
    const message = "needs load, the signal that says it; without it nothing is ever concluded";
    problems.add(tree.at(at), at, message);
  }
  if (keys.regime?.rpm !== undefined && keys.rpm === undefined && keys.speed === undefined) {
    const at = [...path, "regime", "rpm"];
    const message = "needs speed, the signal that says it; without it nothing is ever concluded";
    problems.add(tree.at(at), at, message);
  }
  const { name, unit, rate, windowSamples } = waveform;
  reportQuantity(checker, path, keys, quantity, unit);
  const channel: DiagnosisChannel = {
    name,
    quantity,
    unit,
    rate,
    windowSamples,
    fullScale: keys.fullScale ?? null,
    mainsHz: keys.mains,
    bearings,
    gears,
    polePairs: keys.polePairs ?? null,
    severity,
    regime: regimeOf(keys.regime),
  };
  if (severity !== null && !hasFeature(channel, MEASURE_SUFFIX[severity.measure])) {
    const at = [...path, "severity"];
    const message = `${severity.name} limits what a waveform in ${unit} does not have`;
    problems.add(tree.at(at), at, `${message}: ${MEASURE_SUFFIX[severity.measure]}`);
  }
  return { path, keys, channel };
}

function hasFeature(channel: DiagnosisChannel, wanted: string): boolean {
  return featureWordsOf(channel).some(({ suffix }) => suffix === wanted);
}

/** What is asked of a quantity that does not have it would be silent for ever. */
function reportQuantity(
  { tree, problems }: Checker,
  path: Path,
  keys: Keys,
  quantity: Quantity,
  unit: string,
): void {
  const add = (key: string, message: string) =>
    problems.add(tree.at([...path, key]), [...path, key], message);
  const told = quantityOfUnit(unit);
  const units = unitsOf(quantity);
  // `other` is how nothing is concluded of what the unit alone would be taken for.
  if (quantity !== "other" && !units.includes(unit)) {
    const remedy = told === "other" ? `it comes in ${units.join(", ")}` : "leave it out";
    const is = told === "other" ? "none of it" : `one of ${told}`;
    add("quantity", `is ${quantity}, and the unit ${unit} is ${is}; ${remedy}`);
    return;
  }
  if (keys.polePairs !== undefined && quantity !== "current") {
    add("polePairs", `is for the current of a motor, and ${unit} is no unit of it: A`);
  }
}

/**
 * What a `diagnose` with problems is taken for until they are mended: its features have the names
 * that they will have then, so that a rule that names one is no second problem.
 */
export function channelMeant(value: unknown, waveform: DiagnosedWaveform): DiagnosisChannel {
  const keys = isMap(value) ? value : {};
  const { unit } = waveform;
  const named = (section: unknown) => (isMap(section) ? Object.keys(section) : []);
  return {
    ...waveform,
    quantity:
      QUANTITIES.find((quantity) => quantity === keys["quantity"]) ??
      (unit === UNIT_UNREAD ? "acceleration" : quantityOfUnit(unit)),
    fullScale: null,
    mainsHz: 50,
    bearings: named(keys["bearings"])
      .slice(0, BEARINGS_MAX)
      .map((name) => ({ name, geometry: STAND_IN, ratio: 1 })),
    gears: named(keys["gears"])
      .slice(0, GEARS_MAX)
      .map((name) => ({ name, teeth: 2, ratio: 1 })),
    polePairs: keys["polePairs"] === undefined ? null : 1,
    severity: null,
    regime: null,
  };
}

/** The unit of a waveform whose own could not be read; most waveforms are accelerations. */
const UNIT_UNREAD = "1";
/** For a bearing whose geometry could not be read: it counts only without any problem. */
const STAND_IN = BEARING_LIBRARY[0]!;

/** Finds the signals that it names. */
export function resolveDiagnosis(
  checker: Checker,
  { path, keys, channel }: UnresolvedDiagnosis,
  signals: readonly SignalDefinition[],
  indexes: ReadonlyMap<string, number>,
): WaveformDiagnosis {
  const find = (key: "speed" | "load") => {
    const name = keys[key];
    if (name === undefined) return null;
    return resolve(checker, [...path, key], "signal", name, indexes) ?? null;
  };
  const speedSignal = find("speed");
  let speed: WaveformDiagnosis["speed"] = null;
  if (keys.rpm !== undefined) speed = { hz: keys.rpm / SECONDS_PER_MINUTE };
  else if (speedSignal !== null) {
    const { name, unit } = signals[speedSignal]!;
    const hzPerUnit = HZ_OF_UNIT[unit];
    if (hzPerUnit === undefined) {
      const at = [...path, "speed"];
      const message = `${name} has the unit ${unit}; a speed is in /min, Hz or /s`;
      checker.problems.add(checker.tree.at(at), at, message);
    }
    speed = { signal: speedSignal, hzPerUnit: hzPerUnit ?? 1 };
  }
  return { channel, speed, loadSignal: find("load"), states: keys.when ?? null };
}

/** Of a signal's range: what changes by less is not held against it, however steady it was. */
const SPREAD_SHARE_OF_RANGE = 0.005;

/** The section `diagnosis`: what is learned, and for how long. */
export function readDiagnosis(
  { checker, signals: { signals, waveforms, indexes } }: ExpressionContext,
  section: unknown,
): MachineDiagnosisRules | null {
  const keys = check(checker, ["diagnosis"], section ?? {}, diagnosisKeys);
  if (!keys) return null;
  const watched: WatchedSignal[] = [];
  for (const [position, name] of keys.watch.entries()) {
    const path = ["diagnosis", "watch", position];
    const signal = resolve(checker, path, "signal", name, indexes);
    if (signal === undefined) continue;
    const { deadband, range } = signals[signal]!;
    const width = range[1] - range[0];
    const spreadLeast = Math.max(
      deadband,
      Number.isFinite(width) ? width * SPREAD_SHARE_OF_RANGE : 0,
    );
    const waveform = waveforms.find(({ featureSignals }) => featureSignals.includes(signal));
    if (spreadLeast > 0 && waveform === undefined) watched.push({ signal, spreadLeast });
    else {
      const message =
        waveform === undefined
          ? `${name} has neither range nor deadband: nothing says how much is a change`
          : `${name} is learned with its waveform: \`diagnose\` of ${waveform.name} does that`;
      checker.problems.add(checker.tree.at(path), path, message);
    }
  }
  return { learnMs: keys.learn, watched };
}

function readBearings(checker: Checker, path: Path, section: unknown): readonly MountedBearing[] {
  const bearings: MountedBearing[] = [];
  for (const [name, entry] of entriesOf(checker, path.map(String), section, BEARINGS_MAX)) {
    const at = [...path, name];
    const keys = check(checker, at, entry, bearingEntry);
    if (keys === undefined) {
      bearings.push({ name, geometry: STAND_IN, ratio: 1 });
      continue;
    }
    const { type, ratio } = typeof keys === "string" ? { type: keys, ratio: 1 } : keys;
    const typePath = isMap(entry) ? [...at, "type"] : at;
    const geometry = said(checker, typePath, () => parseBearing(type));
    bearings.push({ name, geometry: geometry ?? STAND_IN, ratio });
  }
  return bearings;
}

function readGears(checker: Checker, path: Path, section: unknown): readonly GearStage[] {
  const gears: GearStage[] = [];
  for (const [name, entry] of entriesOf(checker, path.map(String), section, GEARS_MAX)) {
    const keys = check(checker, [...path, name], entry, gearEntry);
    gears.push({ name, ...(keys ?? { teeth: 2, ratio: 1 }) });
  }
  return gears;
}

function readSeverity(
  checker: Checker,
  path: Path,
  severity: Keys["severity"],
): SeverityLimits | null {
  if (severity === undefined) return null;
  if (typeof severity === "string") {
    return said(checker, path, () => severityLimits(severity)) ?? null;
  }
  return {
    name: "given",
    measure: "velocityRms",
    boundaries: severity.velocityRms,
    source: "machine file",
    verified: true,
  };
}

function regimeOf(regime: Keys["regime"]): Regime | null {
  if (regime === undefined) return null;
  const [least, most] = regime.rpm ?? [0, Number.POSITIVE_INFINITY];
  return {
    speedHz: [least / SECONDS_PER_MINUTE, most / SECONDS_PER_MINUTE],
    load: regime.load ?? null,
  };
}

/** What a parser of the core refuses with a Fault becomes a problem at its place. */
function said<Value>(checker: Checker, path: Path, parse: () => Value): Value | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    checker.problems.add(checker.tree.at(path), path, `${error.message} ${error.remedy}`);
    return undefined;
  }
}
