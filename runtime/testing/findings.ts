// Findings for tests: an inner race that is heard in an envelope spectrum, and whatever a test
// makes of it.

import type { Evidence, FaultCode, Finding } from "../diagnosis/finding.ts";

export const INNER_RACE: Evidence = {
  operatingState: "WORKING",
  speedRpm: 1_797,
  load: 87,
  zone: null,
  lines: [
    {
      line: "BPFI",
      spectrum: "envelope",
      expectedHz: 162.18,
      foundHz: 161.9,
      db: 17.24,
      thresholdDb: 12,
    },
    {
      line: "2×BPFI",
      spectrum: "envelope",
      expectedHz: 324.4,
      foundHz: 323.8,
      db: 14.1,
      thresholdDb: 12,
    },
  ],
  features: [],
  window: {
    waveform: "bearing",
    at: 4_000,
    samples: 12_000,
    rate: 12_000,
    sha256: "ab".repeat(32),
  },
};

export function findingOf(
  fault: FaultCode = "bearing-inner",
  evidence: Partial<Evidence> = {},
  part: string | null = "driveEnd",
): Finding {
  const source = "bearing";
  const id = [source, fault, ...(part === null ? [] : [part])].join(".");
  return { id, source, fault, part, confidence: 0.9, evidence: { ...INNER_RACE, ...evidence } };
}
