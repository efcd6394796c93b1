// Feeds the features of slow signals with what intake accepts, and gives intake their results: each
// with the instant of the sample that it came from, so that a feature is never younger than its
// source.

import { type SlowFeature, slowFeatureOf } from "../../runtime/diagnosis/features/slow.ts";
import type { Intake } from "../../runtime/intake/intake.ts";
import type { Mono } from "../../runtime/signal/instant.ts";
import type { ProcessImage } from "../../runtime/signal/process-image.ts";
import { GOOD, reasonOfCode } from "../../runtime/signal/quality.ts";
import type { SignalIndex } from "../../runtime/signal/signal.ts";
import type { SampleTrack } from "../../runtime/usage/condition-track.ts";
import type { UsageState } from "../../runtime/usage/usage-state.ts";
import type { MachineSlowFeature } from "../machine-file/features-section.ts";

export interface SlowFeaturesOptions {
  readonly features: readonly MachineSlowFeature[];
  readonly image: ProcessImage;
  /** The usage state as it is settled: some seconds behind, never ahead. */
  readonly state: () => UsageState;
  /** Made after this, because it asks for the tracks. */
  readonly intake: () => Intake;
}

export class SlowFeatures {
  readonly #tracks = new Map<SignalIndex, SampleTrack[]>();

  constructor(options: SlowFeaturesOptions) {
    const { signals } = options.image;
    for (const feature of options.features) {
      const { kind, overMs, of } = feature;
      const staleMs = of.map((source) => signals[source]!.staleMs);
      const computed = slowFeatureOf({ kind, overMs, staleMs });
      of.forEach((source, input) => {
        const track = new FeatureTrack(options, feature, computed, input);
        this.#tracks.set(source, [...(this.#tracks.get(source) ?? []), track]);
      });
    }
  }

  tracksOf(signal: SignalIndex): readonly SampleTrack[] {
    return this.#tracks.get(signal) ?? [];
  }
}

class FeatureTrack implements SampleTrack {
  readonly #options: SlowFeaturesOptions;
  readonly #feature: MachineSlowFeature;
  readonly #computed: SlowFeature;
  readonly #input: number;

  constructor(
    options: SlowFeaturesOptions,
    feature: MachineSlowFeature,
    computed: SlowFeature,
    input: number,
  ) {
    this.#options = options;
    this.#feature = feature;
    this.#computed = computed;
    this.#input = input;
  }

  /** Hot path: once per sample and feature. */
  good(value: number, at: Mono): void {
    const { whileState, signal } = this.#feature;
    if (whileState !== null && this.#options.state() !== whileState) {
      this.#computed.leave();
      this.#withhold(at);
      return;
    }
    const result = this.#computed.good(this.#input, value, at);
    if (Number.isNaN(result)) this.#withhold(at);
    else this.#options.intake().accept(signal, result, at);
  }

  /** What its source lacks, it lacks for the same reason. */
  bad(at: Mono): void {
    const { of, signal } = this.#feature;
    this.#computed.bad(this.#input);
    const reason = reasonOfCode(this.#options.image.qualities[of[this.#input]!]!);
    if (reason !== undefined) this.#options.intake().reject(signal, reason, at);
  }

  /**
   * Nothing can be said now. Where a source is bad, its reason was given already; another one here
   * would make two records of each sample of a ratio.
   */
  #withhold(at: Mono): void {
    const { of, signal } = this.#feature;
    const { image, intake } = this.#options;
    for (const source of of) if (image.qualities[source] !== GOOD) return;
    intake().reject(signal, "indeterminate", at);
  }
}
