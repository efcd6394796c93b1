// Signals and waveforms of the machine file. A waveform's features are signals like any other: they
// stand after the declared ones, and usage rules and alarms may name them.

import { type DiagnosisChannel, plainChannel } from "../../runtime/diagnosis/channel.ts";
import { featureWordsOf } from "../../runtime/diagnosis/features/feature-set.ts";
import type { Checker } from "../../runtime/schema/issues.ts";
import type { Path } from "../../runtime/schema/problem.ts";
import type { SignalDefinition } from "../../runtime/signal/signal.ts";
import {
  channelMeant,
  readDiagnose,
  resolveDiagnosis,
  type UnresolvedDiagnosis,
} from "./diagnose-section.ts";
import { entriesOf, isMap, readEntry, readSettings, resolve } from "./entries.ts";
import { SIGNALS_MAX, signalKeys, WAVEFORMS_MAX, waveformKeys } from "./file-schema.ts";
import type { ReadDevice } from "./hardware.ts";
import type { MachineWaveform } from "./machine.ts";

/** Below this a kurtosis is an accident of few samples. */
const WINDOW_SAMPLES_MIN = 64;
const WINDOW_SAMPLES_MAX = 2 ** 22;
/** Four bytes each: 64 MB for all rings, a share that a controller with 1 GB can give. */
const RING_SAMPLES_MAX = 2 ** 24;
/** The feature thread may lag this many windows before the ring overwrites what it has to read. */
const KEEP_WINDOWS_MIN = 4;
/** Five missed readings are an outage, one may be noise; below 5 s a busy bus would look dead. */
const STALE_PERIODS = 5;
const STALE_DEFAULT_MIN_MS = 5_000;
/** A line beside its surroundings scatters by some dB from window to window. */
const DECIBELS_DEADBAND = 9;
const HEARTBEAT_DEFAULT_MS = 300_000;

export interface ReadSignals {
  readonly signals: SignalDefinition[];
  readonly waveforms: MachineWaveform[];
  /** Position by name; also of signals with problems, so that naming them is no second problem. */
  readonly indexes: ReadonlyMap<string, number>;
}

export function readSignals(
  checker: Checker,
  sections: { readonly signals?: unknown; readonly waveforms?: unknown },
  devices: ReadonlyMap<string, ReadDevice>,
): ReadSignals {
  const signals: SignalDefinition[] = [];
  const indexes = new Map<string, number>();
  for (const [name, entry] of entriesOf(checker, "signals", sections.signals, SIGNALS_MAX)) {
    indexes.set(name, signals.length);
    signals.push(readSignal(checker, name, entry, signals.length, devices));
  }
  const waveforms: MachineWaveform[] = [];
  const asked: (UnresolvedDiagnosis | undefined)[] = [];
  const declared = entriesOf(checker, "waveforms", sections.waveforms, WAVEFORMS_MAX);
  for (const [name, entry] of declared) {
    const { waveform, diagnose } = readWaveform(checker, name, entry, waveforms.length, devices);
    const asksFor = isMap(entry) ? entry["diagnose"] : undefined;
    const meant = asksFor === undefined ? undefined : channelMeant(asksFor, waveform);
    const features = featuresOf(waveform, diagnose?.channel ?? meant);
    asked.push(diagnose);
    for (const feature of features) {
      reportTaken(checker, name, feature.name, indexes);
      indexes.set(feature.name, signals.length);
      signals.push(feature);
    }
    const first = signals.length - features.length;
    waveforms.push({ ...waveform, featureSignals: features.map((_, index) => first + index) });
  }
  reportTotals(checker, signals.length, waveforms);
  const diagnosed = waveforms.map((waveform, index) => {
    const diagnose = asked[index];
    if (diagnose === undefined) return waveform;
    return { ...waveform, diagnosis: resolveDiagnosis(checker, diagnose, signals, indexes) };
  });
  return { signals, waveforms: diagnosed, indexes };
}

function readSignal(
  checker: Checker,
  name: string,
  entry: unknown,
  index: number,
  devices: ReadonlyMap<string, ReadDevice>,
): SignalDefinition {
  const path = ["signals", name];
  const { common, rest } = readEntry(checker, path, entry, signalKeys);
  const device = addPoint(checker, path, common?.device, rest, signalKeys.shape, devices, {
    name,
    kind: "signal",
    index,
  });
  const everyMs = device?.everyMs ?? 1_000;
  const staleMs = common?.stale ?? Math.max(STALE_PERIODS * everyMs, STALE_DEFAULT_MIN_MS);
  const [low, high] = common?.range ?? [-Infinity, Infinity];
  const signal: SignalDefinition = {
    name,
    description: common?.description ?? "",
    unit: common?.unit ?? "1",
    scale: common?.scale ?? 1,
    offset: common?.offset ?? 0,
    range: [low ?? -Infinity, high ?? Infinity],
    deadband: common?.deadband ?? 0,
    deadbandShare: 0,
    heartbeatMs: common?.heartbeat ?? Math.max(HEARTBEAT_DEFAULT_MS, 2 * everyMs),
    staleMs,
    source: common?.device ?? "",
  };
  if (common && device) reportRelations(checker, path, signal, everyMs, device.name);
  return signal;
}

/** Each limit is sensible by itself; together they can still say what nobody wants. */
function reportRelations(
  checker: Checker,
  path: Path,
  signal: SignalDefinition,
  everyMs: number,
  device: string,
): void {
  const { tree, problems } = checker;
  const [low, high] = signal.range;
  const add = (key: string, message: string) =>
    problems.add(tree.at([...path, key]), [...path, key], message);
  if (!(low < high)) add("range", `the low end ${low} must be below the high end ${high}`);
  if (signal.staleMs <= everyMs) {
    const asked = `${device} is asked every ${everyMs} ms`;
    add("stale", `${signal.staleMs} ms is too short: ${asked}, so every value would turn stale`);
  }
  if (signal.heartbeatMs <= everyMs) {
    const asked = `${device} is asked every ${everyMs} ms`;
    add(
      "heartbeat",
      `${signal.heartbeatMs} ms is too short: ${asked}; it must be longer than that`,
    );
  }
}

function readWaveform(
  checker: Checker,
  name: string,
  entry: unknown,
  index: number,
  devices: ReadonlyMap<string, ReadDevice>,
): { readonly waveform: MachineWaveform; readonly diagnose: UnresolvedDiagnosis | undefined } {
  const path = ["waveforms", name];
  const { common, rest } = readEntry(checker, path, entry, waveformKeys);
  addPoint(checker, path, common?.device, rest, waveformKeys.shape, devices, {
    name,
    kind: "waveform",
    index,
  });
  const rate = common?.rate ?? 1;
  const windowMs = common?.window ?? 1_000;
  const windowSamples = (windowMs * rate) / 1_000;
  const keepSamples = ((common?.keep ?? 60_000) * rate) / 1_000;
  if (common) {
    const { tree, problems } = checker;
    const add = (key: string, message: string) =>
      problems.add(tree.at([...path, key]), [...path, key], message);
    if (!Number.isInteger(windowSamples)) {
      add("window", `holds ${windowSamples} samples at this rate; it must be a whole number`);
    } else if (windowSamples < WINDOW_SAMPLES_MIN) {
      add(
        "window",
        `holds ${windowSamples} samples at this rate; at least ${WINDOW_SAMPLES_MIN} are needed`,
      );
    } else if (windowSamples > WINDOW_SAMPLES_MAX) {
      add(
        "window",
        `holds ${windowSamples} samples at this rate; at most ${WINDOW_SAMPLES_MAX} are allowed`,
      );
    }
    if (keepSamples < KEEP_WINDOWS_MIN * windowSamples) {
      add(
        "keep",
        `is shorter than ${KEEP_WINDOWS_MIN} windows of ${windowMs} ms; features would lose some`,
      );
    }
    if (keepSamples > RING_SAMPLES_MAX) {
      add(
        "keep",
        `needs memory for ${Math.ceil(keepSamples)} samples; at most ${RING_SAMPLES_MAX} fit`,
      );
    }
  }
  const waveform: MachineWaveform = {
    name,
    description: common?.description ?? "",
    unit: common?.unit ?? "1",
    rate,
    scale: common?.scale ?? 1,
    windowSamples,
    ringSamples: 2 ** Math.ceil(Math.log2(Math.max(1, keepSamples))),
    featureSignals: [],
    diagnosis: null,
  };
  const diagnose =
    common?.diagnose === undefined
      ? undefined
      : readDiagnose(checker, [...path, "diagnose"], common.diagnose, waveform);
  return { waveform, diagnose };
}

function addPoint(
  checker: Checker,
  path: readonly string[],
  deviceName: string | undefined,
  rest: Readonly<Record<string, unknown>>,
  commonShape: object,
  devices: ReadonlyMap<string, ReadDevice>,
  point: { readonly name: string; readonly kind: "signal" | "waveform"; readonly index: number },
): ReadDevice | undefined {
  if (deviceName === undefined) return undefined;
  const device = resolve(checker, [...path, "device"], "device", deviceName, devices);
  if (!device?.driver) return device;
  const wanted = device.driver.point;
  const settings = readSettings(checker, path, rest, wanted, Object.keys(commonShape));
  device.points.push({ ...point, settings });
  return device;
}

/** Without a diagnosis a waveform has the four features that any quantity has. */
function featuresOf(
  waveform: MachineWaveform,
  channel: DiagnosisChannel | undefined,
): readonly SignalDefinition[] {
  const windowMs = (waveform.windowSamples / waveform.rate) * 1_000;
  const words = featureWordsOf(channel ?? plainChannel(waveform));
  return words.map(({ suffix, words, unit, deadbandShare }) => ({
    name: `${waveform.name}${suffix}`,
    description: `${waveform.description || waveform.name}: ${words}`,
    unit,
    scale: 1,
    offset: 0,
    range: [-Infinity, Infinity],
    deadband: unit === "dB" ? DECIBELS_DEADBAND : 0,
    deadbandShare: unit === "dB" ? 0 : deadbandShare,
    heartbeatMs: HEARTBEAT_DEFAULT_MS,
    staleMs: Math.max(STALE_PERIODS * windowMs, STALE_DEFAULT_MIN_MS),
    source: waveform.name,
  }));
}

function reportTaken(
  checker: Checker,
  waveform: string,
  feature: string,
  indexes: ReadonlyMap<string, number>,
): void {
  const { tree, problems } = checker;
  if (!indexes.has(feature)) return;
  const path = ["signals", feature];
  const message = `duplicate name: waveform ${waveform} brings a signal ${feature} of its own`;
  problems.add(tree.keyAt(path), path, message);
}

function reportTotals(
  checker: Checker,
  signals: number,
  waveforms: readonly MachineWaveform[],
): void {
  const { tree, problems } = checker;
  if (signals > SIGNALS_MAX) {
    const message = `${signals} signals with those of waveforms; at most ${SIGNALS_MAX} may be`;
    problems.add(tree.keyAt(["signals"]), ["signals"], message);
  }
  const samples = waveforms.reduce((sum, waveform) => sum + waveform.ringSamples, 0);
  if (samples > RING_SAMPLES_MAX && waveforms.length > 1) {
    const message = `need memory for ${samples} samples; at most ${RING_SAMPLES_MAX} fit`;
    problems.add(tree.keyAt(["waveforms"]), ["waveforms"], message);
  }
}
