// The diagnosis of one channel, window by window: the validity gate first, then features, severity
// and bearings. The meter's diagnosis thread and `telltale diagnose` both run this.

import assert from "node:assert/strict";
import type { Mono } from "../signal/instant.ts";
import type { BearingDecision } from "./bearing/decision.ts";
import { BearingDetector } from "./bearing/detector.ts";
import { bearingOrders } from "./bearing/geometry.ts";
import type { Circumstances, DiagnosisChannel } from "./channel.ts";
import type { BearingConclusion, Conclusion, WindowReport } from "./conclusion.ts";
import type { FeatureWords } from "./features/feature-part.ts";
import { type FeatureSet, featureSetOf } from "./features/feature-set.ts";
import { forbids, Gathering, MEASURE_SUFFIX } from "./gathering.ts";
import { withHeardSpeed } from "./heard-speed.ts";
import { judgeSeverity } from "./severity.ts";
import { type KnownLines, SpeedCheck } from "./speed-check.ts";
import { checkValidity, type GateWork, type Validity, type ValidityProblem } from "./validity.ts";
import type { Zone } from "./zone.ts";

/** Signal of one operating state that a conclusion stands on, unless told otherwise. */
export const CONCLUDE_SECONDS = 10;

/** The speed is listened for in the first seconds of each conclusion: more would cost an eighth. */
const SPEED_SECONDS = 4;

export interface ChannelDiagnosisOptions {
  /** How many seconds make a conclusion; a short recording wants one over all of it. */
  readonly concludeSeconds?: number;
}

export class ChannelDiagnosis {
  readonly channel: DiagnosisChannel;
  /** The words of the features, in the order of the values in each report. */
  readonly features: readonly FeatureWords[];
  readonly #set: FeatureSet;
  readonly #values: Float64Array;
  readonly #work: GateWork = { powers: null };
  readonly #measure: number;
  readonly #detectors: readonly BearingDetector[];
  /** Null without a bearing: what it forbids is a word about one. */
  readonly #speedCheck: SpeedCheck | null;
  /** That the speed was listened for since the last conclusion. */
  #speedSamples = 0;
  readonly #gathering: Gathering;
  readonly #concludeSamples: number;
  #circumstances: Circumstances | null = null;
  #at: Mono = 0;

  constructor(channel: DiagnosisChannel, options: ChannelDiagnosisOptions = {}) {
    const { rate, bearings, severity, mainsHz } = channel;
    this.channel = channel;
    this.#concludeSamples = Math.floor((options.concludeSeconds ?? CONCLUDE_SECONDS) * rate);
    this.#set = featureSetOf(channel);
    this.features = this.#set.features;
    this.#values = new Float64Array(this.features.length);
    const suffix = severity === null ? null : MEASURE_SUFFIX[severity.measure];
    this.#measure = this.features.findIndex((feature) => feature.suffix === suffix);
    this.#detectors = bearings.map((bearing) => new BearingDetector({ rate, bearing, mainsHz }));
    this.#speedCheck = bearings.length === 0 ? null : new SpeedCheck(rate, knownLinesOf(channel));
    this.#gathering = new Gathering(this.features.length, this.#measure);
  }

  /** The first `count` samples, in the channel's unit. `at` is the instant of the last one. */
  window(
    samples: Float32Array,
    count: number,
    circumstances: Circumstances,
    at: Mono,
  ): WindowReport {
    assert(count <= this.channel.windowSamples, "a window has at most the channel's samples");
    const before = this.#circumstances;
    if (before !== null && before.operatingState !== circumstances.operatingState) this.#forget();
    this.#circumstances = circumstances;
    this.#at = at;

    const work = this.#work;
    const validity = checkValidity(samples, count, this.channel, circumstances, work);
    const outcome = this.#set.compute(samples, count, circumstances, this.#values, work.powers);
    const hasFeatures = outcome === "whole";
    if (!hasFeatures) this.#values.fill(Number.NaN);
    this.#gathering.add(count, validity, this.#values);
    const isHeard = validity.usable && !forbids(validity, "bearing");
    // At no speed a detector drops the samples, and joins nothing across them.
    const speedHz = isHeard ? (circumstances.speedHz ?? 0) : 0;
    for (const detector of this.#detectors) detector.add(samples, count, speedHz);
    if (speedHz !== 0 && this.#speedSamples < SPEED_SECONDS * this.channel.rate) {
      this.#speedCheck?.add(samples, count, speedHz);
      this.#speedSamples += count;
    }
    return {
      at,
      samples: count,
      circumstances,
      validity,
      features: this.#values,
      hasFeatures,
      zone: this.#zoneOf(validity, this.#values[this.#measure] ?? Number.NaN),
      conclusion: this.#isEnough() ? this.conclude() : null,
    };
  }

  /**
   * What can be concluded from what was heard since the last conclusion; null where nothing was.
   * Everything begins anew after it.
   */
  conclude(): Conclusion | null {
    const gathering = this.#gathering;
    if (this.#circumstances === null || gathering.windows === 0) return null;
    const { severityValue, usableSamples, unusableSamples, windows } = gathering;
    const speedProblem = this.#speedCheck?.judge() ?? null;
    const validity = withProblem(gathering.validity, speedProblem);
    const ofWindows = gathering.problems;
    const conclusion: Conclusion = {
      at: this.#at,
      circumstances: this.#circumstances,
      usableSeconds: usableSamples / this.channel.rate,
      unusableSeconds: unusableSamples / this.channel.rate,
      windows,
      validity,
      speedProblem,
      problems:
        speedProblem === null ? ofWindows : [{ problem: speedProblem, share: 1 }, ...ofWindows],
      features: gathering.means(),
      zone: this.#zoneOf(validity, severityValue),
      severityValue,
      bearings: this.#bearings(validity),
    };
    this.#forget();
    return conclusion;
  }

  /** Either kind of time suffices, so that a sensor that is never usable is spoken of as well. */
  #isEnough(): boolean {
    const { usableSamples, unusableSamples } = this.#gathering;
    return Math.max(usableSamples, unusableSamples) >= this.#concludeSamples;
  }

  #zoneOf(validity: Validity, value: number): Zone | null {
    const { severity } = this.channel;
    if (severity === null || !validity.usable || forbids(validity, "severity")) return null;
    return Number.isFinite(value) ? judgeSeverity(severity, value) : null;
  }

  #bearings(validity: Validity): readonly BearingConclusion[] {
    const problem = validity.problems.find((one) => WITHHOLDS_BEARINGS.has(one.forbids));
    return this.channel.bearings.map((bearing, index) => {
      const { name } = bearing;
      if (problem !== undefined || !validity.usable) {
        const reason = problem?.message ?? "more than half of the windows could not be used";
        return { bearing: name, decision: cannotTell(reason) };
      }
      const decision = this.#detectors[index]!.decide();
      const check = this.#speedCheck;
      return {
        bearing: name,
        decision: check ? withHeardSpeed(decision, bearing, check) : decision,
      };
    });
  }

  #forget(): void {
    this.#gathering.reset();
    for (const detector of this.#detectors) detector.reset();
    this.#speedCheck?.reset();
    this.#speedSamples = 0;
  }
}

/** The cage's lines are so close together that every speed would be a multiple of them. */
function knownLinesOf({ bearings, gears, mainsHz }: DiagnosisChannel): KnownLines {
  const orders = bearings.flatMap(({ geometry, ratio }) => {
    const { bpfo, bpfi, bsf } = bearingOrders(geometry);
    return [bpfo * ratio, bpfi * ratio, 2 * bsf * ratio];
  });
  const otherShafts = [...bearings, ...gears].map(({ ratio }) => ratio);
  orders.push(...otherShafts.filter((ratio) => ratio !== 1));
  return { orders, mainsHz };
}

function withProblem(validity: Validity, problem: ValidityProblem | null): Validity {
  if (problem === null) return validity;
  return { usable: validity.usable, problems: [...validity.problems, problem] };
}

const WITHHOLDS_BEARINGS: ReadonlySet<string> = new Set(["everything", "bearing"]);

function cannotTell(reason: string): BearingDecision {
  return { verdict: "cannot-tell", confidence: 0, reason, seconds: 0, candidates: [] };
}
