// How severe a vibration is: zones A to D after ISO 20816, by limits that the machine file chooses.

export type Zone = "A" | "B" | "C" | "D";

export interface SeverityLimits {
  /** `group2-rigid`, or `given`. */
  readonly name: string;
  /** What is judged: broad-band velocity in mm/s RMS, or displacement in um. */
  readonly measure: "velocityRms" | "displacementRms" | "displacementPeakToPeak";
  /** In mm/s or um: the boundaries A/B, B/C, C/D. */
  readonly boundaries: readonly [number, number, number];
  /** Where the figures were read. */
  readonly source: string;
  /** False where a figure is only recalled: every finding by it says so. */
  readonly verified: boolean;
}
