// The limits of severity that a machine file can choose by name, one row each, with the place where
// the figures were read. docs/decisions/severity-limits.md says why some are unverified.

import type { SeverityLimits } from "./severity.ts";

/** A row, and for which machines it is meant. */
export interface SeverityRow extends SeverityLimits {
  readonly machines: string;
}

const BECKHOFF =
  "Beckhoff TF3600, sample Vibration assessment according to ISO 10816-3 (compact), " +
  "infosys.beckhoff.com";
const PUBLIC_CODE =
  "second-hand, from a public program's text on ISO 10816-3; IBM/AssetOpsBench PR 325 has 7.1 " +
  "for C/D, another public table 2.8, 4.5, 7.1";
const VIBROMERA =
  "second-hand, vibromera.eu, calculator Permissible Vibration Velocity (ISO 10816); the " +
  "boundaries are 1, 2.56 and 6.4 times the first, as ISO 20816-1:2016, C.2, has it";
const RECALLED = "unverified: recalled, not read in a source";

const G1 = "large machines above 300 kW, shaft height from 315 mm";
const G2 = "medium machines of 15 to 300 kW, shaft height 160 to 315 mm";
const RIGID = "rigid support";
const SOFT = "flexible support";

type Boundaries = readonly [number, number, number];

function row(
  name: string,
  machines: string,
  measure: SeverityLimits["measure"],
  boundaries: Boundaries,
  source: string,
): SeverityRow {
  return { name, machines, measure, boundaries, source, verified: source !== RECALLED };
}

/** Broad-band, from 10 to 1000 Hz; velocity in mm/s RMS, displacement in um RMS: A/B, B/C, C/D. */
export const SEVERITY_TABLE: readonly SeverityRow[] = [
  // ISO 20816-3 (before it ISO 10816-3), measured on bearing housings.
  row("group1-rigid", `${G1}, ${RIGID}`, "velocityRms", [2.3, 4.5, 7.1], BECKHOFF),
  row("group1-flexible", `${G1}, ${SOFT}`, "velocityRms", [3.5, 7.1, 11], RECALLED),
  row("group2-rigid", `${G2}, ${RIGID}`, "velocityRms", [1.4, 2.8, 4.5], PUBLIC_CODE),
  row("group2-flexible", `${G2}, ${SOFT}`, "velocityRms", [2.3, 4.5, 7.1], RECALLED),
  row("group1-rigid-displacement", `${G1}, ${RIGID}`, "displacementRms", [29, 57, 90], RECALLED),
  row("group1-flexible-displacement", `${G1}, ${SOFT}`, "displacementRms", [45, 90, 140], RECALLED),
  row("group2-rigid-displacement", `${G2}, ${RIGID}`, "displacementRms", [22, 45, 71], RECALLED),
  row("group2-flexible-displacement", `${G2}, ${SOFT}`, "displacementRms", [37, 71, 113], RECALLED),
  // ISO 10816-1, annex B, for machines that no special part covers.
  row("class1", "small machines, motors up to 15 kW", "velocityRms", [0.71, 1.8, 4.5], VIBROMERA),
  row(
    "class2",
    "medium machines of 15 to 75 kW, up to 300 kW on special foundations",
    "velocityRms",
    [1.12, 2.8, 7.1],
    VIBROMERA,
  ),
  row("class3", `large machines, ${RIGID}`, "velocityRms", [1.8, 4.5, 11.2], VIBROMERA),
  row("class4", `large machines, ${SOFT}`, "velocityRms", [2.8, 7.1, 18], VIBROMERA),
];

/**
 * ISO 7919-3, vibration of the shaft beside its bearing, peak to peak: these figures ÷ √rpm, in um.
 * The name carries the speed: `shaft-3000rpm`.
 */
export const SHAFT_BOUNDARIES: Boundaries = [4_800, 9_000, 13_200];
export const SHAFT_SOURCE = RECALLED;
/** Of the speed at which the machine runs, in rpm; the formula holds between these. */
export const SHAFT_RPM_MIN = 1_000;
export const SHAFT_RPM_MAX = 30_000;

/**
 * A change of more than this share of the boundary B/C matters, in either direction and also inside
 * zone A or B: criterion II of ISO 20816. Unverified: recalled, not read in a source.
 */
export const CHANGE_SHARE = 0.25;
