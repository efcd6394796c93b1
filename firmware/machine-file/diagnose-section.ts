// `waveforms.NAME.diagnose` and `diagnosis` of the machine file: from their keys to what the
// diagnosis has to know.

import { parseBearing } from "../../runtime/diagnosis/bearing/library.ts";
import type {
  DiagnosisChannel,
  GearStage,
  MountedBearing,
  Regime,
} from "../../runtime/diagnosis/channel.ts";
import { quantityOfUnit, unitsOf } from "../../runtime/diagnosis/features/quantity-units.ts";
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
  const units = unitsOf(quantity);
  if (units.length > 0 && !units.includes(waveform.unit)) {
    const known = units.join(", ");
    const message = `${quantity} comes in ${known}, and the waveform in ${waveform.unit}`;
    problems.add(tree.at([...path, "quantity"]), [...path, "quantity"], message);
  }
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
  const { name, unit, rate, windowSamples } = waveform;
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
  return { path, keys, channel };
}

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
  { checker, signals: { signals, indexes } }: ExpressionContext,
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
    if (spreadLeast > 0) watched.push({ signal, spreadLeast });
    else {
      const message = `${name} has neither range nor deadband: nothing says how much is a change`;
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
    if (keys === undefined) continue;
    const { type, ratio } = typeof keys === "string" ? { type: keys, ratio: 1 } : keys;
    const typePath = isMap(entry) ? [...at, "type"] : at;
    const geometry = said(checker, typePath, () => parseBearing(type));
    if (geometry) bearings.push({ name, geometry, ratio });
  }
  return bearings;
}

function readGears(checker: Checker, path: Path, section: unknown): readonly GearStage[] {
  const gears: GearStage[] = [];
  for (const [name, entry] of entriesOf(checker, path.map(String), section, GEARS_MAX)) {
    const keys = check(checker, [...path, name], entry, gearEntry);
    if (keys) gears.push({ name, ...keys });
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
