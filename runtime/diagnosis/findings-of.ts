// Turns a conclusion into findings: claims about the machine or a sensor, each with its evidence.

import type { BearingVerdict } from "./bearing/decision.ts";
import type { DiagnosisChannel } from "./channel.ts";
import type { Conclusion } from "./conclusion.ts";
import { currentFindings } from "./current-findings.ts";
import type { FeatureWords } from "./features/feature-part.ts";
import { featureWordsOf } from "./features/feature-set.ts";
import type { Evidence, FaultCode, FeatureEvidence, Finding } from "./finding.ts";
import { MEASURE_SUFFIX } from "./gathering.ts";
import { orderFindings } from "./order-findings.ts";
import type { ValidityProblemKind } from "./validity.ts";

const FAULT_OF_SENSOR: Partial<Record<ValidityProblemKind, FaultCode>> = {
  clipped: "sensor-clipped",
  dropout: "sensor-dropout",
  "not-finite": "sensor-dropout",
  "mains-pickup": "sensor-mains",
  stuck: "sensor-stuck",
  constant: "sensor-stuck",
  disconnected: "sensor-disconnected",
  "wrong-scale": "sensor-scale",
};

export const FAULT_OF_BEARING: Partial<Record<BearingVerdict, FaultCode>> = {
  outer: "bearing-outer",
  inner: "bearing-inner",
  ball: "bearing-ball",
  cage: "bearing-cage",
};

/** A limit that was only recalled and not read makes a weaker claim. */
const SEVERITY_CONFIDENCE = { verified: 0.9, unverified: 0.7 } as const;
/** A sensor's problem shows in its own samples; the rest is what may lie between it and us. */
const SENSOR_CONFIDENCE = 0.9;

/** What a finding says beside where it comes from. */
export interface Claim {
  readonly fault: FaultCode;
  readonly part: string | null;
  readonly confidence: number;
  readonly lines?: Evidence["lines"];
  readonly features?: readonly FeatureEvidence[];
}

/** The means of a conclusion by the suffix of the feature. */
export type FeatureBySuffix = (suffix: string) => FeatureEvidence | null;

/**
 * Sensors first, and alone where nothing may be concluded: a sensor's fault is never told as one of
 * the machine.
 * @param sha256 of the samples that are kept as evidence; null where none are.
 */
export function findingsOf(
  conclusion: Conclusion,
  channel: DiagnosisChannel,
  sha256: string | null = null,
): readonly Finding[] {
  const feature = featureBySuffix(conclusion, featureWordsOf(channel));
  const claims = [...sensorClaims(conclusion)];
  if (conclusion.validity.usable) {
    claims.push(...bearingClaims(conclusion));
    claims.push(...severityClaims(conclusion, channel, feature));
    claims.push(...orderFindings(conclusion, channel, feature));
    claims.push(...currentFindings(channel, feature));
  }
  const { circumstances, zone, at, usableSeconds, unusableSeconds } = conclusion;
  const { speedHz, load, operatingState } = circumstances;
  const { rate, name } = channel;
  const samples = Math.round((usableSeconds + unusableSeconds) * rate);
  return claims.map(({ fault, part, confidence, lines = [], features = [] }) => ({
    id: [name, fault, ...(part === null ? [] : [part])].join("."),
    source: name,
    fault,
    part,
    confidence,
    evidence: {
      operatingState,
      speedRpm: speedHz === null ? null : speedHz * 60,
      load,
      zone,
      lines,
      features,
      window: { waveform: name, at, samples, rate, sha256 },
    },
  }));
}

function sensorClaims({ validity, problems }: Conclusion): readonly Claim[] {
  return validity.problems.flatMap(({ kind }) => {
    const fault = FAULT_OF_SENSOR[kind];
    if (fault === undefined) return [];
    const share = problems.find(({ problem }) => problem.kind === kind)?.share ?? 1;
    return [{ fault, part: null, confidence: SENSOR_CONFIDENCE * share }];
  });
}

function bearingClaims({ bearings }: Conclusion): readonly Claim[] {
  return bearings.flatMap(({ bearing, decision }) => {
    const fault = FAULT_OF_BEARING[decision.verdict];
    if (fault === undefined) return [];
    const { verdict, confidence, candidates } = decision;
    const lines = candidates.find(({ candidate }) => candidate === verdict)?.lines ?? [];
    return [{ fault, part: bearing, confidence, lines }];
  });
}

function severityClaims(
  { zone, severityValue }: Conclusion,
  { severity }: DiagnosisChannel,
  feature: FeatureBySuffix,
): readonly Claim[] {
  if (severity === null || (zone !== "C" && zone !== "D")) return [];
  const { measure, boundaries, verified } = severity;
  const measured = feature(MEASURE_SUFFIX[measure]);
  if (measured === null) return [];
  const limit = zone === "D" ? boundaries[2] : boundaries[1];
  return [
    {
      fault: "vibration-severity",
      part: null,
      confidence: SEVERITY_CONFIDENCE[verified ? "verified" : "unverified"],
      features: [{ ...measured, value: severityValue, limit }],
    },
  ];
}

function featureBySuffix(
  { features }: Conclusion,
  words: readonly FeatureWords[],
): FeatureBySuffix {
  return (suffix) => {
    const index = words.findIndex((word) => word.suffix === suffix);
    const value = features[index];
    if (value === undefined || !Number.isFinite(value)) return null;
    return { feature: suffix, value, unit: words[index]!.unit, limit: null, usual: null };
  };
}
