// The lines at which a bearing's faults would show, for the pictures of a report.

import { bearingOrders } from "../../../runtime/diagnosis/bearing/geometry.ts";
import type { MountedBearing } from "../../../runtime/diagnosis/channel.ts";

export type Candidate = "outer" | "inner" | "ball" | "cage";

export interface BearingLine {
  readonly candidate: Candidate;
  /** `BPFO`, `2×BPFO`. */
  readonly label: string;
  readonly hz: number;
  readonly harmonic: number;
}

/** More of them crowd the picture and prove no more. */
const HARMONICS = 3;

/** Without slip, in ascending order. @param speedHz of the reference shaft, above 0. */
export function bearingLines(bearing: MountedBearing, speedHz: number): readonly BearingLine[] {
  const { bpfo, bpfi, bsf, ftf } = bearingOrders(bearing.geometry);
  const shaftHz = speedHz * bearing.ratio;
  const fundamentals: readonly (readonly [Candidate, string, number])[] = [
    ["outer", "BPFO", bpfo],
    ["inner", "BPFI", bpfi],
    // A ball's fault strikes both rings in one turn of the ball.
    ["ball", "BSF", bsf],
    ["cage", "FTF", ftf],
  ];
  return fundamentals
    .flatMap(([candidate, name, order]) => {
      const harmonics =
        candidate === "ball" ? [2, 4] : Array.from(Array(HARMONICS), (_, k) => k + 1);
      return harmonics.map((harmonic) => ({
        candidate,
        harmonic,
        label: harmonic === 1 ? name : `${harmonic}×${name}`,
        hz: harmonic * order * shaftHz,
      }));
    })
    .sort((one, other) => one.hz - other.hz);
}
