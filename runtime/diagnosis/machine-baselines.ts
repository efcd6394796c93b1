// What is usual for one machine: all its waveforms, held against each other, and the slow signals
// that are watched together. One observation is what was concluded over a stretch of one operating
// state, so that learning takes the time that the machine file says, whatever the windows are.

import type { Mono } from "../signal/instant.ts";
import type { BaselineAnswer, BaselineFeature, Departure } from "./baseline/answer.ts";
import { Baseline, type BaselineOptions } from "./baseline/baseline.ts";
import type { BaselineState } from "./baseline/baseline-state.ts";
import { BaselineGroup, type BaselineGroupState } from "./baseline/group.ts";
import { Prognosis, type PrognosisState } from "./baseline/prognosis.ts";
import type { RemainingLifeAnswer } from "./baseline/remaining-life.ts";
import { BASELINE_SETTINGS } from "./baseline/settings.ts";
import { WAVEFORM_FEATURES } from "./baseline/waveform-features.ts";
import type { Circumstances } from "./channel.ts";
import type { Evidence, FeatureEvidence, Finding } from "./finding.ts";
import type { SeverityLimits } from "./severity.ts";
import { severityChange } from "./severity-change.ts";
import { Stretches } from "./stretch.ts";

const { blockObservations, learningBlocksLeast } = BASELINE_SETTINGS;
const OBSERVATIONS_OF_LEARNING = blockObservations * learningBlocksLeast;

/** Behind the general features stands what the severity is judged by. */
const SEVERITY_POSITION = WAVEFORM_FEATURES.length;

const AMPLITUDES: ReadonlySet<string> = new Set(["rms", "peak"]);

/** A slow signal as the thread knows it. */
export interface WatchedFeature {
  readonly name: string;
  /** UCUM code. */
  readonly unit: string;
  /** In the unit: the least spread that is believed. */
  readonly spreadLeast: number;
}

/** A diagnosed waveform. */
export interface LearnedWaveform {
  readonly name: string;
  /** UCUM code of its samples: RMS and peak have it, too. */
  readonly unit: string;
  /** Null where no limits were chosen. */
  readonly severity: SeverityLimits | null;
}

export interface MachineBaselinesState {
  readonly version: 1;
  readonly waveforms: BaselineGroupState;
  /** By waveform. */
  readonly prognoses: Readonly<Record<string, PrognosisState>>;
  /** By waveform: what its zone is judged by. */
  readonly severities: Readonly<Record<string, BaselineState>>;
  readonly signals: BaselineState | null;
}

export interface MachineBaselinesOptions {
  readonly waveforms: readonly LearnedWaveform[];
  readonly watched: readonly WatchedFeature[];
  readonly learnMs: number;
}

/** The learned baseline of what a waveform's zone is judged by. */
interface Severity {
  readonly options: BaselineOptions;
  baseline: Baseline;
}

/** What an observation led to; `gone` are ids of findings that do not hold, said or not. */
export interface BaselineWords {
  readonly answer: BaselineAnswer;
  /** Something is not what it usually is, in any operating state. */
  readonly departs: boolean;
  /** Null before an onset, and where nothing says what the limit is. */
  readonly remainingLife: RemainingLifeAnswer | null;
  readonly findings: readonly Finding[];
  readonly gone: readonly string[];
}

export class MachineBaselines {
  readonly #options: MachineBaselinesOptions;
  readonly #group: BaselineGroup;
  readonly #stretches: ReadonlyMap<string, Stretches>;
  readonly #units: ReadonlyMap<string, string>;
  readonly #prognoses = new Map<string, Prognosis>();
  readonly #severities = new Map<string, Severity>();
  readonly #watchedFeatures: readonly BaselineFeature[];
  #signals: Baseline | null;
  readonly #signalStretches: Stretches;
  readonly #concluded = new Float64Array(SEVERITY_POSITION + 1);

  constructor(options: MachineBaselinesOptions) {
    const { waveforms, watched, learnMs } = options;
    this.#options = options;
    const seconds = learnMs / 1_000 / OBSERVATIONS_OF_LEARNING;
    const names = waveforms.map(({ name }) => name);
    this.#units = new Map(waveforms.map(({ name, unit }) => [name, unit]));
    this.#group = new BaselineGroup(names, { features: WAVEFORM_FEATURES });
    this.#stretches = new Map(
      names.map((name) => [name, new Stretches(SEVERITY_POSITION + 1, seconds)]),
    );
    for (const { name, severity } of waveforms) {
      if (severity === null) continue;
      this.#prognoses.set(name, new Prognosis(severity.boundaries[2]));
      const options = severityChange(severity);
      this.#severities.set(name, { options, baseline: new Baseline(options) });
    }
    this.#watchedFeatures = watched.map(({ name, unit, spreadLeast }) => {
      return { name, unit, scale: "linear", departs: "both", spreadLeast };
    });
    this.#signals = watched.length === 0 ? null : new Baseline({ features: this.#watchedFeatures });
    this.#signalStretches = new Stretches(watched.length, seconds);
  }

  /**
   * What was concluded about a waveform; null where it is not yet an observation.
   * @param features in the order of the waveform's feature set, the four general ones first.
   * @param severityValue what its zone was judged by; NaN where it was not.
   * @param seconds that they stand for.
   */
  waveform(
    name: string,
    features: Float64Array,
    severityValue: number,
    seconds: number,
    { operatingState, speedHz, load }: Circumstances,
    at: Mono,
  ): BaselineWords | null {
    const values = this.#concluded;
    values.set(features.subarray(0, SEVERITY_POSITION));
    values[SEVERITY_POSITION] = severityValue;
    const observed = this.#stretches.get(name)!.add(values, seconds, operatingState);
    if (observed === null) return null;
    const general = observed.subarray(0, SEVERITY_POSITION);
    const answer = this.#group.observe(name, general, operatingState, at);
    const severity = observed[SEVERITY_POSITION]!;
    const prognosis = this.#prognoses.get(name);
    const remainingLife = prognosis?.observe(severity, answer, at) ?? null;
    const change = this.#severityChange(name, severity, answer, at);
    const id = `${name}.vibration-change`;
    const circumstances = { operatingState, speedRpm: speedHz && speedHz * 60, load };
    const claim = {
      source: name,
      fault: "vibration-change",
      unit: this.#units.get(name)!,
    } as const;
    return { ...wordsOf(answer, change, id, circumstances, claim), remainingLife };
  }

  /** The watched signals at one instant, NaN where one is not good; else as above. */
  signals(
    values: ArrayLike<number>,
    seconds: number,
    operatingState: string,
    at: Mono,
  ): BaselineWords | null {
    if (this.#signals === null) return null;
    const observed = this.#signalStretches.add(values, seconds, operatingState);
    if (observed === null) return null;
    const answer = this.#signals.observe(observed, operatingState, at);
    const source = this.#options.watched.map(({ name }) => name).join(" ");
    const circumstances = { operatingState, speedRpm: null, load: null };
    const fault = "pattern-change";
    const claim = { source, fault, unit: "1" } as const;
    const words = wordsOf(answer, null, "machine.pattern-change", circumstances, claim);
    return { ...words, remainingLife: null };
  }

  /** Null also where the other waveforms say that the regime moved, and not this one alone. */
  #severityChange(
    name: string,
    severity: number,
    { operatingState, notice }: BaselineAnswer,
    at: Mono,
  ): Departure | null {
    const own = this.#severities.get(name);
    if (own === undefined) return null;
    const { departure } = own.baseline.observe(Float64Array.of(severity), operatingState, at);
    return notice?.kind === "common-shift" ? null : departure;
  }

  maintained(at: Mono): void {
    this.#group.afterMaintenance(at);
    for (const { baseline } of this.#severities.values()) baseline.afterMaintenance(at);
    this.#signals?.afterMaintenance(at);
  }

  state(): MachineBaselinesState {
    const signals = this.#signals?.state() ?? null;
    const prognoses = [...this.#prognoses].map(([name, own]) => [name, own.state()]);
    const severities = [...this.#severities].map(([name, own]) => [name, own.baseline.state()]);
    return {
      version: 1,
      waveforms: this.#group.state(),
      prognoses: Object.fromEntries(prognoses),
      severities: Object.fromEntries(severities),
      signals,
    };
  }

  /**
   * Goes on with what an earlier life learned, as far as it fits; gives in sentences what does not.
   * @param shiftMs what has to be added to its instants; null where nobody knows.
   */
  restore(state: MachineBaselinesState, shiftMs: number | null): readonly string[] {
    if (state.version !== 1) return ["what was learned is of another version"];
    const refusals = [...this.#group.restore(state.waveforms, shiftMs)];
    for (const [name, own] of this.#severities) {
      const saved = state.severities?.[name];
      if (saved === undefined) continue;
      const restored = Baseline.restore(own.options, saved, shiftMs);
      if (restored instanceof Baseline) own.baseline = restored;
      else refusals.push(`the severity of ${name}: ${restored.refused}`);
    }
    for (const { name, severity } of this.#options.waveforms) {
      const saved = state.prognoses?.[name];
      if (severity === null || saved === undefined) continue;
      const restored = Prognosis.restore(severity.boundaries[2], saved, shiftMs);
      if (restored instanceof Prognosis) this.#prognoses.set(name, restored);
      else refusals.push(`${name}: ${restored.refused}`);
    }
    if (this.#signals !== null && state.signals !== null) {
      const options = { features: this.#watchedFeatures };
      const restored = Baseline.restore(options, state.signals, shiftMs);
      if (restored instanceof Baseline) this.#signals = restored;
      else refusals.push(`the watched signals: ${restored.refused}`);
    }
    return refusals;
  }
}

/** @param change of the severity: it and what the baseline answered are one claim. */
function wordsOf(
  answer: BaselineAnswer,
  change: Departure | null,
  id: string,
  circumstances: Pick<Evidence, "operatingState" | "speedRpm" | "load">,
  { unit, ...claim }: Pick<Finding, "source" | "fault"> & { readonly unit: string },
): Omit<BaselineWords, "remainingLife"> {
  const { departure, notice, phase } = answer;
  const noticeId = `${claim.source.split(" ")[0]}.pattern-change.${notice?.kind ?? ""}`;
  const findings: Finding[] = [];
  const gone: string[] = [];
  const base = { part: null, ...claim };
  const departures = [departure, change].filter((one) => one !== null);
  if (departures.length > 0) {
    const features = departures.flatMap((one) => departureFeatures(one, unit));
    const confidence = Math.max(...departures.map((one) => one.confidence));
    const evidence = evidenceOf(circumstances, features);
    findings.push({ ...base, id, confidence, evidence, since: sinceOf(departures) });
  } else if (phase === "watching") gone.push(id);
  if (notice !== null) {
    const feature = { feature: notice.feature, value: notice.shift, unit: "1" };
    const evidence = evidenceOf(circumstances, [{ ...feature, limit: null, usual: 0 }]);
    const fault = "pattern-change";
    findings.push({ ...base, id: noticeId, fault, confidence: 0.5, evidence });
  } else if (phase === "watching") {
    for (const kind of ["common-shift", "fallen"]) gone.push(`${noticeId}${kind}`);
  }
  return { answer, departs: departures.length > 0, findings, gone };
}

/** @param waveformUnit of the features that have the unit of the samples. */
function departureFeatures(
  { features }: Departure,
  waveformUnit: string,
): readonly FeatureEvidence[] {
  return features.map(({ name, unit, value, usual, limit, spreads }) => {
    const own = AMPLITUDES.has(name) ? waveformUnit : unit;
    return { feature: name, value, unit: own, limit, usual, spreads };
  });
}

/** Null where the one that began first, or may have, did so before a restart of unknown length. */
function sinceOf(departures: readonly Departure[]): Mono | null {
  const instants = departures.map(({ since }) => since).filter((since) => since !== null);
  return instants.length < departures.length ? null : Math.min(...instants);
}

function evidenceOf(
  circumstances: Pick<Evidence, "operatingState" | "speedRpm" | "load">,
  features: readonly FeatureEvidence[],
): Evidence {
  return { ...circumstances, zone: null, lines: [], features, window: null };
}
