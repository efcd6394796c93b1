// What `telltale diagnose` found, as the JSON that a program reads and from which the text is made.

import type { CandidateEvidence } from "../../../runtime/diagnosis/bearing/decision.ts";
import { bearingOrders } from "../../../runtime/diagnosis/bearing/geometry.ts";
import type { DiagnosisChannel } from "../../../runtime/diagnosis/channel.ts";
import type { Finding } from "../../../runtime/diagnosis/finding.ts";
import { FAULT_OF_BEARING } from "../../../runtime/diagnosis/findings-of.ts";
import { MEASURE_SUFFIX } from "../../../runtime/diagnosis/gathering.ts";
import {
  type Advice,
  adviceOn,
  type Knowledge,
  NO_KNOWLEDGE,
} from "../../../runtime/diagnosis/knowledge.ts";
import type { RecordingResult } from "../../../runtime/diagnosis/recording-diagnosis.ts";
import type { SeverityLimits } from "../../../runtime/diagnosis/severity.ts";
import type { ValidityProblem } from "../../../runtime/diagnosis/validity.ts";
import type { Zone } from "../../../runtime/diagnosis/zone.ts";

export interface DiagnoseResult {
  readonly file: string;
  readonly format: string;
  readonly rate: number;
  readonly samples: number;
  readonly seconds: number;
  readonly unit: string;
  readonly rpm: number | null;
  readonly verdict: RecordingResult["decision"]["verdict"];
  readonly confidence: number;
  readonly reason: string;
  readonly evidence: readonly CandidateEvidence[];
  /** What the verdict leads on to; null where it is no fault. */
  readonly advice: Advice | null;
  readonly bearing: {
    readonly designation: string;
    readonly source: string;
    readonly orders: ReturnType<typeof bearingOrders>;
    /** Without slip; null without a speed. */
    readonly hz: ReturnType<typeof bearingOrders> | null;
  } | null;
  readonly severity: {
    readonly zone: Zone | null;
    readonly value: number | null;
    readonly unit: string;
    readonly limits: SeverityLimits;
  } | null;
  readonly validity: {
    readonly usable: boolean;
    readonly problems: readonly (ValidityProblem & {
      /** Of the windows. */
      readonly share: number;
    })[];
  };
  readonly features: Readonly<Record<string, FeatureFigures>>;
  readonly findings: readonly AdvisedFinding[];
  readonly notes: readonly string[];
}

export interface AdvisedFinding extends Finding {
  readonly advice: Advice | null;
}

export interface FeatureFigures {
  readonly value: number | null;
  readonly least: number | null;
  readonly most: number | null;
  readonly unit: string;
  readonly words: string;
}

export interface ResultParts {
  readonly file: string;
  readonly format: string;
  readonly samples: number;
  readonly channel: DiagnosisChannel;
  readonly speedHz: number | null;
  readonly found: RecordingResult;
  /** What stands before every verdict: a bearing that is not in the library. */
  readonly bearingProblem: string | null;
  readonly notes: readonly string[];
  readonly knowledge: Knowledge;
}

export function resultOf(parts: ResultParts): DiagnoseResult {
  const { file, format, samples, channel, speedHz, found, bearingProblem, notes } = parts;
  const { decision, validity, problems } = found;
  const fault = FAULT_OF_BEARING[decision.verdict];
  const adviceFor = (code: Finding["fault"]) => adviceOn(code, null, parts.knowledge, NO_KNOWLEDGE);
  const unknownBearing: readonly ValidityProblem[] =
    bearingProblem === null
      ? []
      : [{ kind: "geometry-unknown", message: bearingProblem, forbids: "bearing" }];
  const listed = [
    ...unknownBearing.map((problem) => ({ ...problem, share: 1 })),
    ...problems.map(({ problem, share }) => ({ ...problem, share })),
  ];
  return {
    file,
    format,
    rate: channel.rate,
    samples,
    seconds: samples / channel.rate,
    unit: channel.unit,
    rpm: speedHz === null ? null : speedHz * 60,
    verdict: decision.verdict,
    confidence: decision.confidence,
    reason: validity.usable ? (bearingProblem ?? decision.reason) : decision.reason,
    evidence: decision.candidates,
    advice: fault === undefined ? null : adviceFor(fault),
    bearing: bearingOf(channel, speedHz),
    severity: severityOf(channel, found),
    validity: { usable: validity.usable, problems: listed },
    features: Object.fromEntries(
      found.features.map(({ suffix, words, unit, mean, least, most }) => [
        suffix[0]!.toLowerCase() + suffix.slice(1),
        { value: orNull(mean), least: orNull(least), most: orNull(most), unit, words },
      ]),
    ),
    findings: found.findings.map((finding) => ({
      ...finding,
      advice: adviceFor(finding.fault),
    })),
    notes: [...notes, ...found.silences],
  };
}

function bearingOf({ bearings }: DiagnosisChannel, speedHz: number | null) {
  const geometry = bearings[0]?.geometry;
  if (geometry === undefined) return null;
  const orders = bearingOrders(geometry);
  const hz =
    speedHz === null
      ? null
      : {
          bpfo: orders.bpfo * speedHz,
          bpfi: orders.bpfi * speedHz,
          bsf: orders.bsf * speedHz,
          ftf: orders.ftf * speedHz,
        };
  return { designation: geometry.designation, source: geometry.source, orders, hz };
}

function severityOf(
  { severity: limits }: DiagnosisChannel,
  { zone, severityValue, features }: RecordingResult,
): DiagnoseResult["severity"] {
  if (limits === null) return null;
  const suffix = MEASURE_SUFFIX[limits.measure];
  const unit = features.find((feature) => feature.suffix === suffix)?.unit ?? "";
  return { zone, value: orNull(severityValue), unit, limits };
}

/** JSON has no NaN. */
function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
