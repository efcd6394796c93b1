// The diagnosis of all waveforms of one machine: a channel each, and what is learned of them
// together. It runs in the diagnosis thread, and knows neither threads nor disks.

import type { Mono } from "../signal/instant.ts";
import type { Circumstances, DiagnosisChannel } from "./channel.ts";
import { ChannelDiagnosis } from "./channel-diagnosis.ts";
import type { BaselineStatus, ChannelStatus } from "./channel-status.ts";
import type { Conclusion } from "./conclusion.ts";
import { silenceOnBars } from "./current-findings.ts";
import type { Said } from "./diagnosis-messages.ts";
import type { Finding } from "./finding.ts";
import { findingsOf } from "./findings-of.ts";
import {
  type BaselineWords,
  MachineBaselines,
  type MachineBaselinesState,
  type WatchedFeature,
} from "./machine-baselines.ts";

/** What survives a restart. */
export type LearnedState = MachineBaselinesState;

/**
 * Findings that were said once and are denied each time they do not hold: whoever makes alarms of
 * them counts for how long. The oldest go.
 */
const SAID_MAX = 64;

/** What a finding is known by. */
export type StandingFinding = Pick<Finding, "id" | "source" | "fault" | "part">;

export interface MachineDiagnosisOptions {
  /** In the machine file's order; null where a waveform is not diagnosed. */
  readonly channels: readonly (DiagnosisChannel | null)[];
  readonly watched: readonly WatchedFeature[];
  /** Time in an operating state before anything is held against what is usual there. */
  readonly learnMs: number;
  /** What an earlier life said and nobody has taken back yet. */
  readonly standing: readonly StandingFinding[];
  /** SHA-256 of samples as 32-bit little-endian floats, in hex. */
  readonly hash: (samples: Float32Array) => string;
}

export interface WindowAnswer {
  /** In the order of the channel's feature set; null where there are none. */
  readonly features: Float64Array | null;
  readonly said: Said | null;
}

const NOTHING_LEARNED: BaselineStatus = {
  phase: "learning",
  learned: 0,
  departs: false,
  remainingLife: null,
};

const NOT_JUDGED: Circumstances = { speedHz: null, load: null, operatingState: "" };

export class MachineDiagnosis {
  readonly #channels: readonly (ChannelDiagnosis | null)[];
  readonly #options: MachineDiagnosisOptions;
  readonly #baselines: MachineBaselines;
  /** Findings that each channel said, the one said longest ago first. */
  readonly #said: readonly Map<string, StandingFinding>[];
  /** Ids of findings of before a maintenance that were not said again since. */
  readonly #repaired = new Set<string>();
  readonly #baselineStatus: (BaselineStatus | null)[];

  constructor(options: MachineDiagnosisOptions) {
    const { channels, watched, learnMs, standing } = options;
    this.#options = options;
    this.#channels = channels.map((channel) => channel && new ChannelDiagnosis(channel));
    this.#said = channels.map((channel) => {
      const own = standing.filter(({ source }) => source === channel?.name);
      return new Map(own.map((finding) => [finding.id, finding]));
    });
    this.#baselineStatus = channels.map(() => null);
    const waveforms = channels.flatMap((channel) => {
      if (channel === null) return [];
      const { name, unit, severity } = channel;
      return [{ name, unit, severity }];
    });
    this.#baselines = new MachineBaselines({ waveforms, watched, learnMs });
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

  /** The watched signals, NaN where one is not good, and the seconds that they stand for. */
  signals(
    values: ArrayLike<number>,
    seconds: number,
    operatingState: string,
    at: Mono,
  ): BaselineWords | null {
    return this.#baselines.signals(values, seconds, operatingState, at);
  }

  /**
   * Somebody worked on the machine: what is usual is learned anew, and what was said of it before
   * needs no proof of the contrary any more.
   */
  maintained(at: Mono): void {
    this.#baselines.maintained(at);
    for (const said of this.#said) for (const id of said.keys()) this.#repaired.add(id);
  }

  learned(): LearnedState {
    return this.#baselines.state();
  }

  /** As `MachineBaselines.restore`. */
  restore(learned: LearnedState, shiftMs: number | null): readonly string[] {
    return this.#baselines.restore(learned, shiftMs);
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
      const isRepaired = this.#repaired.has(id);
      if (!now.has(id) && denies(conclusion, finding, isRepaired)) gone.push(id);
    }
    for (const finding of findings) {
      remember(said, finding);
      this.#repaired.delete(finding.id);
    }
    const usual = this.#learn(index, conclusion);
    return {
      findings: [...findings, ...(usual?.findings ?? [])],
      gone: [...gone, ...(usual?.gone ?? [])],
      status: statusOf(conclusion, channel, this.#baselineStatus[index]!),
    };
  }

  /** Only from what is valid: a sensor that fails must not become what is usual. */
  #learn(index: number, conclusion: Conclusion): BaselineWords | null {
    if (!conclusion.validity.usable) return null;
    const { name } = this.#channels[index]!.channel;
    const { features, severityValue, circumstances, usableSeconds, at } = conclusion;
    const words = this.#baselines.waveform(
      name,
      features,
      severityValue,
      usableSeconds,
      circumstances,
      at,
    );
    if (words !== null) this.#baselineStatus[index] = baselineStatusOf(words);
    return words;
  }
}

function remember(
  said: Map<string, StandingFinding>,
  { id, source, fault, part }: StandingFinding,
): void {
  said.delete(id);
  said.set(id, { id, source, fault, part });
  if (said.size > SAID_MAX) said.delete(said.keys().next().value!);
}

/**
 * A finding is gone where its detector had a say and did not repeat it; silence denies nothing,
 * unless the part was worked on since: a new bearing may stay one of which nobody can tell.
 */
function denies(
  conclusion: Conclusion,
  { fault, part }: StandingFinding,
  isRepaired: boolean,
): boolean {
  // What is usual denies them itself, when it has observed enough.
  if (fault === "vibration-change" || fault === "pattern-change") return false;
  if (fault.startsWith("sensor-")) return true;
  if (!conclusion.validity.usable) return false;
  if (fault.startsWith("bearing-")) {
    const own = conclusion.bearings.find(({ bearing }) => bearing === part);
    return own !== undefined && (isRepaired || own.decision.verdict !== "cannot-tell");
  }
  if (fault === "vibration-severity") return conclusion.zone !== null;
  return conclusion.validity.problems.every(({ forbids }) => forbids === "nothing");
}

function baselineStatusOf({ answer, departs, remainingLife }: BaselineWords): BaselineStatus {
  const { phase, learned } = answer;
  return { phase, learned, departs, remainingLife };
}

function statusOf(
  conclusion: Conclusion,
  channel: DiagnosisChannel,
  baseline: BaselineStatus | null,
): ChannelStatus {
  const { circumstances, features, validity } = conclusion;
  const silence = validity.usable ? silenceOnBars(channel, features, circumstances) : null;
  return {
    waveform: channel.name,
    operatingState: circumstances.operatingState,
    zone: conclusion.zone,
    bearings: conclusion.bearings.map(({ bearing, decision }) => ({
      bearing,
      verdict: decision.verdict,
      confidence: decision.confidence,
      reason: decision.reason,
    })),
    baseline: baseline ?? NOTHING_LEARNED,
    problems: [
      ...validity.problems.map(({ message }) => message),
      ...(silence === null ? [] : [silence]),
    ],
  };
}
