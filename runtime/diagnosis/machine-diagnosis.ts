// The diagnosis of all waveforms of one machine: a channel each, and what is learned of them
// together. It runs in the diagnosis thread, and knows neither threads nor disks.

import type { Mono } from "../signal/instant.ts";
import type { Circumstances, DiagnosisChannel } from "./channel.ts";
import { ChannelDiagnosis } from "./channel-diagnosis.ts";
import type { ChannelStatus } from "./channel-status.ts";
import type { Conclusion } from "./conclusion.ts";
import type { Said } from "./diagnosis-messages.ts";
import type { Finding } from "./finding.ts";
import { findingsOf } from "./findings-of.ts";

/** What survives a restart. */
export interface LearnedState {
  readonly version: 1;
}

export interface MachineDiagnosisOptions {
  /** In the machine file's order; null where a waveform is not diagnosed. */
  readonly channels: readonly (DiagnosisChannel | null)[];
  readonly learned: LearnedState | null;
  /** SHA-256 of samples as 32-bit little-endian floats, in hex. */
  readonly hash: (samples: Float32Array) => string;
}

export interface WindowAnswer {
  /** In the order of the channel's feature set; null where there are none. */
  readonly features: Float64Array | null;
  readonly said: Said | null;
}

const NOT_JUDGED: Circumstances = { speedHz: null, load: null, operatingState: "" };

export class MachineDiagnosis {
  readonly #channels: readonly (ChannelDiagnosis | null)[];
  readonly #options: MachineDiagnosisOptions;
  /** Findings that each channel said and did not take back. */
  readonly #said: readonly Map<string, Finding>[];

  constructor(options: MachineDiagnosisOptions) {
    this.#options = options;
    this.#channels = options.channels.map((channel) => channel && new ChannelDiagnosis(channel));
    this.#said = options.channels.map(() => new Map());
  }

  /**
   * One window of a diagnosed channel.
   *
   * @param circumstances null where the window has features but is not to be judged.
   */
  window(
    index: number,
    samples: Float32Array,
    count: number,
    circumstances: Circumstances | null,
    at: Mono,
  ): WindowAnswer {
    const diagnosis = this.#channels[index]!;
    const report = diagnosis.window(samples, count, circumstances ?? NOT_JUDGED, at);
    const features = report.hasFeatures ? report.features : null;
    const { conclusion } = report;
    if (circumstances === null || conclusion === null) return { features, said: null };
    return { features, said: this.#conclude(index, conclusion, samples, count) };
  }

  maintained(_at: Mono): void {}

  learned(): LearnedState {
    return { version: 1 };
  }

  #conclude(index: number, conclusion: Conclusion, samples: Float32Array, count: number): Said {
    const { channel } = this.#channels[index]!;
    const said = this.#said[index]!;
    // Hashed only where somebody will ask for it.
    let findings = findingsOf(conclusion, channel);
    if (findings.length > 0) {
      const sha256 = this.#options.hash(samples.subarray(0, count));
      findings = findingsOf(conclusion, channel, sha256);
    }
    const now = new Set(findings.map(({ id }) => id));
    const gone: string[] = [];
    for (const [id, finding] of said) {
      if (now.has(id) || !denies(conclusion, finding)) continue;
      gone.push(id);
      said.delete(id);
    }
    for (const finding of findings) said.set(finding.id, finding);
    return { findings, gone, status: statusOf(conclusion, channel) };
  }
}

/** A finding is gone where its detector had a say and did not repeat it; silence denies nothing. */
function denies(conclusion: Conclusion, { fault, part }: Finding): boolean {
  if (fault.startsWith("sensor-")) return true;
  if (!conclusion.validity.usable) return false;
  if (fault.startsWith("bearing-")) {
    const own = conclusion.bearings.find(({ bearing }) => bearing === part);
    return own !== undefined && own.decision.verdict !== "cannot-tell";
  }
  if (fault === "vibration-severity") return conclusion.zone !== null;
  return conclusion.validity.problems.every(({ forbids }) => forbids === "nothing");
}

function statusOf(conclusion: Conclusion, { name }: DiagnosisChannel): ChannelStatus {
  return {
    waveform: name,
    operatingState: conclusion.circumstances.operatingState,
    zone: conclusion.zone,
    bearings: conclusion.bearings.map(({ bearing, decision }) => ({
      bearing,
      verdict: decision.verdict,
      confidence: decision.confidence,
      reason: decision.reason,
    })),
    problems: conclusion.validity.problems.map(({ message }) => message),
  };
}
