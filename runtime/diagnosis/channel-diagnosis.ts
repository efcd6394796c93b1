// The diagnosis of one channel, window by window: the validity gate first, then features, severity
// and bearings. The meter's diagnosis thread and `telltale diagnose` both run this.

import { computeFeatures, FEATURES } from "../dsp/features.ts";
import type { Mono } from "../signal/instant.ts";
import type { Circumstances, DiagnosisChannel } from "./channel.ts";
import type { Conclusion, WindowReport } from "./conclusion.ts";

/** Usable signal of one operating state that a conclusion stands on, unless told otherwise. */
export const CONCLUDE_SECONDS = 10;

export interface ChannelDiagnosisOptions {
  /** How many usable seconds make a conclusion; a short recording wants one over all of it. */
  readonly concludeSeconds?: number;
}

export class ChannelDiagnosis {
  readonly features: readonly {
    readonly suffix: string;
    readonly words: string;
    readonly unit: string;
    readonly deadbandShare: number;
  }[];
  readonly channel: DiagnosisChannel;
  readonly #values: Float64Array;

  constructor(channel: DiagnosisChannel, _options: ChannelDiagnosisOptions = {}) {
    this.channel = channel;
    this.features = FEATURES.map((name) => ({
      suffix: name[0]!.toUpperCase() + name.slice(1),
      words: name,
      unit: name === "rms" || name === "peak" ? channel.unit : "1",
      deadbandShare: 0.02,
    }));
    this.#values = new Float64Array(this.features.length);
  }

  /** The first `count` samples, in the channel's unit. `at` is the instant of the last one. */
  window(
    samples: Float32Array,
    count: number,
    circumstances: Circumstances,
    at: Mono,
  ): WindowReport {
    const outcome = computeFeatures(samples, count, this.#values);
    const hasFeatures = outcome === "whole";
    if (!hasFeatures) this.#values.fill(Number.NaN);
    return {
      at,
      samples: count,
      circumstances,
      validity: { usable: hasFeatures, problems: [] },
      features: this.#values,
      hasFeatures,
      zone: null,
      conclusion: null,
    };
  }

  /** What can be concluded from what was heard since the last conclusion; null where nothing was. */
  conclude(): Conclusion | null {
    return null;
  }
}
