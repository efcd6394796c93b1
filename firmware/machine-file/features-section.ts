// The section `features` of the machine file: what is computed of slow signals. Each is a signal
// like any other; it stands after the features of waveforms.

import { SLOW_FEATURES, type SlowFeatureKind } from "../../runtime/diagnosis/features/slow.ts";
import { type Checker, check } from "../../runtime/schema/issues.ts";
import { duration, schema } from "../../runtime/schema/schema.ts";
import type { SignalDefinition } from "../../runtime/signal/signal.ts";
import { decidingSignals, type UsageRules } from "../../runtime/usage/usage-rules.ts";
import { USAGE_STATES, type UsageState } from "../../runtime/usage/usage-state.ts";
import { entriesOf, resolve } from "./entries.ts";
import { SIGNALS_MAX, signalKeys } from "./file-schema.ts";
import type { ReadSignals } from "./signals.ts";

/** Each computes medians over its span; more than these would be felt beside the metering. */
export const SLOW_FEATURES_MAX = 64;
/** Shorter spans are noise of few samples. */
const OVER_MS_MIN = 10_000;
const OVER_MS_MAX = 7 * 86_400_000;
/** A steady machine's scatter from sample to sample is not worth a record. */
const DEADBAND_SHARE = 0.1;
const HEARTBEAT_MS = 300_000;

/** A feature of slow signals, with names resolved. */
export interface MachineSlowFeature {
  readonly kind: SlowFeatureKind;
  /** Positions in `Machine.signals`: one, for a ratio two, for an unbalance three. */
  readonly of: readonly number[];
  /** Where the result arrives: a position in `Machine.signals`. */
  readonly signal: number;
  readonly overMs: number;
  /** Only the time in this state counts; null where all does. */
  readonly whileState: UsageState | null;
}

const { unit, description, deadband } = signalKeys.shape;

export const featureKeys = schema.strictObject({
  description,
  of: schema.string().optional().describe("Name of the signal that it is computed of"),
  feature: schema
    .enum(SLOW_FEATURES)
    .optional()
    .describe(
      [
        "rate: robust slope per minute",
        "spread: robust deviation",
        "fluctuation: spread within a run",
        "drift: recent mean less usual mean, in spreads",
      ].join("; "),
    ),
  ratio: schema
    .array(schema.string())
    .length(2, "must name two signals: [above, below]")
    .optional()
    .describe("Instead of `of`: mean of the first signal ÷ mean of the second"),
  unbalance: schema
    .array(schema.string())
    .length(3, "must name three signals: the RMS of each phase")
    .optional()
    .describe("Instead of `of`: negative by positive sequence of three phases without a neutral"),
  over: duration({ minMs: OVER_MS_MIN, maxMs: OVER_MS_MAX }).describe(
    "The span that it looks back on; half of it must be known",
  ),
  while: schema
    .enum(USAGE_STATES)
    .optional()
    .describe("Only the time in this usage state counts; default all, for fluctuation WORKING"),
  unit: unit
    .removeDefault()
    .optional()
    .describe("UCUM code of the result; default from the signals"),
  scale: signalKeys.shape.scale.describe("result × scale; default 1"),
  deadband,
});

export interface ReadFeatures {
  /** With the features at the end. */
  readonly signals: ReadSignals;
  readonly features: readonly MachineSlowFeature[];
}

export function readFeatures(checker: Checker, section: unknown, read: ReadSignals): ReadFeatures {
  const signals = [...read.signals];
  const indexes = new Map(read.indexes);
  const features: MachineSlowFeature[] = [];
  for (const [name, entry] of entriesOf(checker, "features", section, SLOW_FEATURES_MAX)) {
    const path = ["features", name];
    const add = (at: readonly string[], message: string) =>
      checker.problems.add(checker.tree.keyAt(at), at, message);
    if (indexes.has(name)) add(path, `duplicate name: there is a signal ${name} already`);
    const keys = check(checker, path, entry, featureKeys);
    const kind = keys && kindOf(checker, path, keys);
    const of = keys && resolveSources(checker, path, keys, indexes);
    const position = signals.length;
    // Also of a feature with problems, so that naming it is no second problem.
    if (!indexes.has(name)) indexes.set(name, position);
    const sources = of?.map((source) => signals[source]!) ?? [];
    signals.push(definitionOf(name, keys ?? NO_KEYS, kind ?? "ratio", sources));
    if (!keys || !kind || !of) continue;
    const whileState = keys.while ?? (kind === "fluctuation" ? "WORKING" : null);
    features.push({ kind, of, signal: position, overMs: keys.over, whileState });
  }
  if (signals.length > SIGNALS_MAX && signals.length > read.signals.length) {
    const message = `${signals.length} signals with these; at most ${SIGNALS_MAX} may be`;
    checker.problems.add(checker.tree.keyAt(["features"]), ["features"], message);
  }
  return { signals: { ...read, signals, indexes }, features };
}

type FeatureKeys = NonNullable<ReturnType<typeof featureKeys.parse>>;

/** What a feature with problems is taken for, until they are mended. */
const NO_KEYS: Pick<FeatureKeys, "description" | "scale" | "deadband" | "unit" | "over"> = {
  description: "",
  scale: 1,
  deadband: 0,
  unit: undefined,
  over: OVER_MS_MIN,
};

/** Either `of` with `feature`, or `ratio`, or `unbalance`. */
function kindOf(
  { tree, problems }: Checker,
  path: readonly string[],
  { of, feature, ratio, unbalance }: FeatureKeys,
): SlowFeatureKind | undefined {
  const single = of !== undefined || feature !== undefined;
  const given = [single, ratio !== undefined, unbalance !== undefined].filter(Boolean).length;
  if (given === 1 && ratio !== undefined) return "ratio";
  if (given === 1 && unbalance !== undefined) return "unbalance";
  if (given === 1 && of !== undefined && feature !== undefined) return feature;
  const message =
    given > 1
      ? "has more than one of these where one belongs: of with feature, ratio, unbalance"
      : of === undefined
        ? "needs of and feature, or ratio, or unbalance"
        : `needs feature: one of ${SLOW_FEATURES.join(", ")}`;
  problems.add(tree.at(path), path, message);
  return undefined;
}

function resolveSources(
  checker: Checker,
  path: readonly string[],
  keys: FeatureKeys,
  indexes: ReadonlyMap<string, number>,
): readonly number[] | undefined {
  const find = (name: string, ...key: readonly (string | number)[]) =>
    resolve(checker, [...path, ...key], "signal", name, indexes);
  const sources = [
    ...(keys.of === undefined ? [] : [find(keys.of, "of")]),
    ...(keys.ratio ?? []).map((name, index) => find(name, "ratio", index)),
    ...(keys.unbalance ?? []).map((name, index) => find(name, "unbalance", index)),
  ];
  return sources.includes(undefined) ? undefined : (sources as readonly number[]);
}

function definitionOf(
  name: string,
  keys: Pick<FeatureKeys, "description" | "scale" | "deadband" | "unit" | "over">,
  kind: SlowFeatureKind,
  sources: readonly SignalDefinition[],
): SignalDefinition {
  const names = sources.map((source) => source.name);
  return {
    name,
    description: keys.description || `${wordsOf(kind)} ${names.join(" to ")}`,
    unit: keys.unit ?? unitOf(kind, sources),
    scale: keys.scale,
    offset: 0,
    range: [-Infinity, Infinity],
    deadband: keys.deadband,
    deadbandShare: DEADBAND_SHARE,
    heartbeatMs: HEARTBEAT_MS,
    // A result comes with each sample of its source, and is as old as that.
    staleMs: Math.max(1, ...sources.map((source) => source.staleMs)),
    source: names.join(" "),
  };
}

export function wordsOf(kind: SlowFeatureKind): string {
  return kind === "rate" ? "rate of change of" : `${kind} of`;
}

/** A difference of temperatures in degrees Celsius is in kelvin. */
const DIFFERENCE_UNITS: Readonly<Record<string, string>> = { Cel: "K" };

/** UCUM; a unit that has no name of its own is shown as its code. */
function unitOf(kind: SlowFeatureKind, sources: readonly SignalDefinition[]): string {
  const [first = "1", second = "1"] = sources.map((source) => source.unit);
  const difference = DIFFERENCE_UNITS[first] ?? first;
  switch (kind) {
    case "rate":
      return `${difference}/min`;
    case "spread":
    case "fluctuation":
      return difference;
    case "drift":
      return "1";
    case "unbalance":
      return "%";
    case "ratio":
      if (first === second) return "1";
      return `${first}/${/[./]/.test(second) ? `(${second})` : second}`;
  }
}

/**
 * What waits for a usage state cannot decide it: neither could ever begin. Also where the feature
 * stands behind another one.
 */
export function reportCircles(
  { tree, problems }: Checker,
  { signals, features }: ReadFeatures,
  usage: UsageRules,
): void {
  const deciding = new Set(decidingSignals(usage));
  // From the last on: a feature names only what stands before it.
  for (const feature of [...features].reverse()) {
    if (!deciding.has(feature.signal)) continue;
    for (const source of feature.of) deciding.add(source);
    if (feature.whileState === null) continue;
    const { name } = signals.signals[feature.signal]!;
    const path = ["features", name];
    const circle = `counts only while ${feature.whileState}, which a rule decides by it`;
    problems.add(tree.keyAt(path), path, `${circle}; one must go`);
  }
}
