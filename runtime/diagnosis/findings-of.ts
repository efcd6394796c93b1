// Turns a conclusion into findings: claims about the machine or a sensor, each with its evidence.

import type { DiagnosisChannel } from "./channel.ts";
import type { Conclusion } from "./conclusion.ts";
import type { Finding } from "./finding.ts";

/** @param sha256 of the samples that are kept as evidence; null where none are. */
export function findingsOf(
  _conclusion: Conclusion,
  _channel: DiagnosisChannel,
  _sha256: string | null = null,
): readonly Finding[] {
  return [];
}
