// Whether anything at all may be concluded from a window: what is wrong with the sensor, the
// samples or the circumstances comes before any word about the machine.

import type { Circumstances, DiagnosisChannel } from "./channel.ts";
import { judgeCircumstances } from "./validity-circumstances.ts";
import { judgeSamples, measureSamples } from "./validity-samples.ts";
import { judgeScale } from "./validity-scale.ts";
import { judgeSpectrum } from "./validity-spectrum.ts";

/**
 * - of the input: `empty`, `too-short`, `not-finite`, `wrong-rate` (what is asked lies above half
 *   the rate, or what is heard contradicts it), `wrong-scale`;
 * - of the sensor: `constant`, `stuck`, `disconnected`, `clipped`, `dropout`, `mains-pickup`;
 * - of the circumstances: `speed-unknown`, `at-rest`, `speed-out-of-regime`, `load-out-of-regime`,
 *   `geometry-unknown`, `wrong-quantity` (what is asked is not heard in what is measured).
 */
export type ValidityProblemKind =
  | "empty"
  | "too-short"
  | "not-finite"
  | "wrong-rate"
  | "wrong-scale"
  | "constant"
  | "stuck"
  | "disconnected"
  | "clipped"
  | "dropout"
  | "mains-pickup"
  | "speed-unknown"
  | "at-rest"
  | "speed-out-of-regime"
  | "load-out-of-regime"
  | "geometry-unknown"
  | "wrong-quantity";

export interface ValidityProblem {
  readonly kind: ValidityProblemKind;
  /** One plain sentence with the figures. */
  readonly message: string;
  /** What cannot be concluded because of it: nothing at all, or only what names a speed. */
  readonly forbids: "everything" | "bearing" | "orders" | "severity" | "nothing";
}

export interface Validity {
  /** False where nothing at all may be concluded about the machine. */
  readonly usable: boolean;
  readonly problems: readonly ValidityProblem[];
}

const VALID: Validity = { usable: true, problems: [] };

/** What the gate computed of a window on the way, for who wants it as well. */
export interface GateWork {
  /** |X|² of the whole window after Hann, without its mean, until the next window is judged. */
  powers: Float64Array | null;
}

/**
 * Judges the first `count` samples and their circumstances. Each kind of fault that can stand
 * beside others is looked for; where the samples are no signal at all, nothing further is. The
 * work is two runs over the window and at most one transform of 2¹⁵ samples, whatever its length.
 */
export function checkValidity(
  samples: Float32Array,
  count: number,
  channel: DiagnosisChannel,
  circumstances: Circumstances,
  work: GateWork = { powers: null },
): Validity {
  work.powers = null;
  const problems: ValidityProblem[] = [];
  const measured = measureSamples(samples, count, channel.fullScale);
  const isSignal = judgeSamples(measured, channel, problems);
  if (isSignal) {
    judgeScale(measured, channel, circumstances, problems);
    if (mayStillBeUsed(problems)) {
      work.powers = judgeSpectrum(samples, count, channel, circumstances, problems);
    }
  }
  judgeCircumstances(channel, circumstances, problems);
  if (problems.length === 0) return VALID;
  return { usable: mayStillBeUsed(problems), problems };
}

function mayStillBeUsed(problems: readonly ValidityProblem[]): boolean {
  return !problems.some(({ forbids }) => forbids === "everything");
}
