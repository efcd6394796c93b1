// What is gathered of one operating state until it suffices for a conclusion: sums of features,
// shares of problems. Its size does not grow with the samples.

import type { SeverityLimits } from "./severity.ts";
import type { Validity, ValidityProblem } from "./validity.ts";

/** Which feature each measure of severity is. */
export const MEASURE_SUFFIX = {
  velocityRms: "VelocityRms",
  displacementRms: "DisplacementRms",
  displacementPeakToPeak: "DisplacementPeakToPeak",
} as const satisfies Record<SeverityLimits["measure"], string>;

/** A problem of fewer windows than this stands in the list, and not in the verdict. */
const STANDING_SHARE = 0.5;

export class Gathering {
  usableSamples = 0;
  unusableSamples = 0;
  windows = 0;
  usableWindows = 0;
  readonly #sums: Float64Array;
  readonly #counts: Uint32Array;
  /** Position of the severity's measure among the features; -1 where there is none. */
  readonly #measure: number;
  #severitySquares = 0;
  #severityWindows = 0;
  /** At most two entries for each kind of problem and each thing that it forbids. */
  readonly #problems = new Map<string, { problem: ValidityProblem; windows: number }>();

  constructor(features: number, measure: number) {
    this.#sums = new Float64Array(features);
    this.#counts = new Uint32Array(features);
    this.#measure = measure;
  }

  reset(): void {
    this.usableSamples = 0;
    this.unusableSamples = 0;
    this.windows = 0;
    this.usableWindows = 0;
    this.#sums.fill(0);
    this.#counts.fill(0);
    this.#severitySquares = 0;
    this.#severityWindows = 0;
    this.#problems.clear();
  }

  add(samples: number, validity: Validity, features: Float64Array): void {
    this.windows++;
    for (const problem of validity.problems) {
      const key = `${problem.kind} ${problem.forbids}`;
      const windows = (this.#problems.get(key)?.windows ?? 0) + 1;
      this.#problems.set(key, { problem, windows });
    }
    if (!validity.usable) {
      this.unusableSamples += samples;
      return;
    }
    this.usableWindows++;
    this.usableSamples += samples;
    for (let index = 0; index < features.length; index++) {
      const value = features[index]!;
      if (!Number.isFinite(value)) continue;
      this.#sums[index]! += value;
      this.#counts[index]!++;
    }
    const measured = features[this.#measure] ?? Number.NaN;
    if (!Number.isFinite(measured) || forbids(validity, "severity")) return;
    this.#severitySquares += measured * measured;
    this.#severityWindows++;
  }

  /** A problem that only so many windows together showed. */
  addProblem(problem: ValidityProblem, windows: number): void {
    const key = `${problem.kind} ${problem.forbids} of windows together`;
    const known = this.#problems.get(key)?.windows ?? 0;
    this.#problems.set(key, { problem, windows: known + windows });
  }

  /** Energies are averaged, as a longer window would have: √mean(value²). NaN where none was. */
  get severityValue(): number {
    return Math.sqrt(this.#severitySquares / this.#severityWindows);
  }

  get problems(): readonly { readonly problem: ValidityProblem; readonly share: number }[] {
    return [...this.#problems.values()]
      .map(({ problem, windows }) => ({ problem, share: windows / this.windows }))
      .sort((one, other) => other.share - one.share);
  }

  /**
   * Where the sensor could not be believed half of the time, its better moments are no ground for a
   * word about the machine either.
   */
  get validity(): Validity {
    return {
      usable: this.windows > 0 && this.usableWindows >= this.windows * STANDING_SHARE,
      problems: this.problems
        .filter(({ share }) => share > STANDING_SHARE)
        .map(({ problem }) => problem),
    };
  }

  means(): Float64Array {
    return this.#sums.map((sum, index) => sum / this.#counts[index]!);
  }
}

export function forbids(
  { problems }: Validity,
  what: Exclude<ValidityProblem["forbids"], "nothing" | "everything">,
): boolean {
  return problems.some((problem) => problem.forbids === what || problem.forbids === "everything");
}
