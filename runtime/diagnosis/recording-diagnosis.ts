// The diagnosis of a recording from its beginning to its end: the engine that the meter runs, and
// one answer at the end. What is held does not grow with the recording.

import type { Mono } from "../signal/instant.ts";
import type { BearingDecision, BearingVerdict } from "./bearing/decision.ts";
import type { Circumstances, DiagnosisChannel } from "./channel.ts";
import { ChannelDiagnosis } from "./channel-diagnosis.ts";
import type { Conclusion } from "./conclusion.ts";
import { silenceOnBars } from "./current-findings.ts";
import type { Finding } from "./finding.ts";
import { findingsOf } from "./findings-of.ts";
import { forbids, Gathering, MEASURE_SUFFIX } from "./gathering.ts";
import { judgeSeverity } from "./severity.ts";
import type { Validity, ValidityProblem } from "./validity.ts";
import type { Zone } from "./zone.ts";

/**
 * A recording up to this long gets one conclusion over all of it; a longer one several, so that a
 * fault that comes and goes is not averaged away.
 */
const RECORDING_CONCLUDE_SECONDS = 60;

export interface FeatureSummary {
  readonly suffix: string;
  readonly words: string;
  readonly unit: string;
  /** Over the usable windows; NaN where it could not be computed in any. */
  readonly mean: number;
  readonly least: number;
  readonly most: number;
}

export interface RecordingResult {
  /** Of the first bearing; `cannot-tell` where there is none. */
  readonly decision: BearingDecision;
  readonly validity: Validity;
  readonly problems: readonly { readonly problem: ValidityProblem; readonly share: number }[];
  readonly zone: Zone | null;
  readonly severityValue: number;
  readonly features: readonly FeatureSummary[];
  /** The strongest of each kind. */
  readonly findings: readonly Finding[];
  /** What was asked and could not be judged, in sentences. */
  readonly silences: readonly string[];
  readonly windows: number;
  readonly conclusions: number;
}

interface VerdictTally {
  seconds: number;
  weightedConfidence: number;
  best: BearingDecision;
}

export class RecordingDiagnosis {
  readonly #channel: DiagnosisChannel;
  readonly #engine: ChannelDiagnosis;
  readonly #overall: Gathering;
  readonly #least: Float64Array;
  readonly #most: Float64Array;
  readonly #tallies = new Map<BearingVerdict, VerdictTally>();
  /** By id: at most one for each code and part. */
  readonly #findings = new Map<string, Finding>();
  #conclusions = 0;
  #circumstances: Circumstances | null = null;

  constructor(channel: DiagnosisChannel) {
    this.#channel = channel;
    this.#engine = new ChannelDiagnosis(channel, { concludeSeconds: RECORDING_CONCLUDE_SECONDS });
    const { features } = this.#engine;
    const suffix = channel.severity === null ? null : MEASURE_SUFFIX[channel.severity.measure];
    const measure = features.findIndex((feature) => feature.suffix === suffix);
    this.#overall = new Gathering(features.length, measure);
    this.#least = new Float64Array(features.length).fill(Number.POSITIVE_INFINITY);
    this.#most = new Float64Array(features.length).fill(Number.NEGATIVE_INFINITY);
  }

  /** Gives what the gate said of the window. */
  window(samples: Float32Array, count: number, circumstances: Circumstances, at: Mono): Validity {
    this.#circumstances = circumstances;
    const report = this.#engine.window(samples, count, circumstances, at);
    const { validity, features, conclusion } = report;
    this.#overall.add(count, validity, features);
    if (validity.usable) {
      for (let index = 0; index < features.length; index++) {
        const value = features[index]!;
        if (value < this.#least[index]!) this.#least[index] = value;
        if (value > this.#most[index]!) this.#most[index] = value;
      }
    }
    if (conclusion !== null) this.#take(conclusion);
    return validity;
  }

  result(): RecordingResult {
    const last = this.#engine.conclude();
    if (last !== null) this.#take(last);
    const { validity, problems, severityValue, windows } = this.#overall;
    return {
      decision: this.#decision(validity),
      validity,
      problems,
      zone: this.#zone(validity, severityValue),
      severityValue,
      features: this.#featureSummaries(),
      findings: [...this.#findings.values()],
      silences: this.#silences(validity),
      windows,
      conclusions: this.#conclusions,
    };
  }

  #take(conclusion: Conclusion): void {
    this.#conclusions++;
    const { speedProblem, windows } = conclusion;
    if (speedProblem !== null) this.#overall.addProblem(speedProblem, windows);
    for (const finding of findingsOf(conclusion, this.#channel)) {
      const known = this.#findings.get(finding.id);
      if (known === undefined || known.confidence < finding.confidence) {
        this.#findings.set(finding.id, finding);
      }
    }
    const decision = conclusion.bearings[0]?.decision;
    if (decision === undefined) return;
    const { verdict, confidence } = decision;
    const seconds = conclusion.usableSeconds + conclusion.unusableSeconds;
    const tally = this.#tallies.get(verdict);
    if (tally === undefined) {
      const weightedConfidence = confidence * seconds;
      this.#tallies.set(verdict, { seconds, weightedConfidence, best: decision });
      return;
    }
    tally.seconds += seconds;
    tally.weightedConfidence += confidence * seconds;
    if (confidence > tally.best.confidence) tally.best = decision;
  }

  #decision(validity: Validity): BearingDecision {
    const problem = validity.problems.find(
      ({ forbids: what }) => what === "everything" || what === "bearing",
    );
    if (problem !== undefined) return cannotTell(problem.message);
    if (this.#overall.windows === 0) return cannotTell("the recording holds no samples");
    if (this.#channel.bearings.length === 0) {
      return cannotTell("no bearing was given, so that nobody knows which lines to look for");
    }
    const tallies = [...this.#tallies.entries()].sort(([, one], [, other]) => {
      return other.seconds - one.seconds;
    });
    const all = tallies.reduce((sum, [, { seconds }]) => sum + seconds, 0);
    const [verdict, most] = tallies[0]!;
    const share = most.seconds / all;
    if (tallies.length === 1) {
      return { ...most.best, confidence: most.weightedConfidence / most.seconds };
    }
    const others = tallies.map(([name, { seconds }]) => `${name} for ${Math.round(seconds)} s`);
    if (share > 0.5 && verdict !== "cannot-tell") {
      const confidence = most.weightedConfidence / all;
      const reason = `${most.best.reason}; over the recording: ${others.join(", ")}`;
      return { ...most.best, confidence, reason };
    }
    const reason = `the parts of the recording do not agree: ${others.join(", ")}`;
    return { ...most.best, verdict: "cannot-tell", confidence: 0, reason };
  }

  #silences({ usable }: Validity): readonly string[] {
    if (!usable || this.#circumstances === null) return [];
    const silence = silenceOnBars(this.#channel, this.#overall.means(), this.#circumstances);
    return silence === null ? [] : [silence];
  }

  #zone(validity: Validity, value: number): Zone | null {
    const { severity } = this.#channel;
    if (severity === null || !validity.usable || forbids(validity, "severity")) return null;
    return Number.isFinite(value) ? judgeSeverity(severity, value) : null;
  }

  #featureSummaries(): readonly FeatureSummary[] {
    const means = this.#overall.means();
    return this.#engine.features.map(({ suffix, words, unit }, index) => ({
      suffix,
      words,
      unit,
      mean: means[index]!,
      least: Number.isFinite(means[index]!) ? this.#least[index]! : Number.NaN,
      most: Number.isFinite(means[index]!) ? this.#most[index]! : Number.NaN,
    }));
  }
}

function cannotTell(reason: string): BearingDecision {
  return { verdict: "cannot-tell", confidence: 0, reason, seconds: 0, candidates: [] };
}
