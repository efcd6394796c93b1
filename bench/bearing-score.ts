// How the bearing detector is scored on recordings: with the frozen constants, and leaving one
// bearing out with the threshold chosen on the others.
//
// Left out together are all loads of one seeded bearing: its records are nearly the same. What is
// chosen in the fold is the level that a comb has to reach; the other rules are derived, or were
// settled while all records given here could be seen (docs/decisions/bearing-decision.md).

import type { BearingVerdict } from "../runtime/diagnosis/bearing/decision.ts";
import { BearingDetector } from "../runtime/diagnosis/bearing/detector.ts";
import { type Grounds, judge, LIMITS } from "../runtime/diagnosis/bearing/judge.ts";
import type { LabelledRecording } from "../runtime/testing/recordings.ts";

export interface Scored {
  readonly recording: LabelledRecording;
  readonly verdict: BearingVerdict;
  readonly confidence: number;
  readonly reason: string;
  readonly scoreMinDb: number;
}

export interface Heard {
  readonly recording: LabelledRecording;
  readonly grounds: Grounds | null;
}

/**
 * The fold's threshold lies this far above the strongest wrong claim that the others would make.
 */
const FOLD_MARGIN_DB = 3;

/** `part` cuts a record to [from, to] seconds; `speedError` is a factor on the given speed. */
export function hear(
  recording: LabelledRecording,
  samples: Float32Array = recording.samples(),
  speedError = 1,
): Heard {
  const { rate, geometry, mainsHz, shaftHz } = recording;
  const bearing = { name: "bearing", geometry, ratio: 1 };
  const detector = new BearingDetector({ rate, bearing, mainsHz });
  detector.add(samples, samples.length, shaftHz * speedError);
  return { recording, grounds: detector.grounds() };
}

export function score({ recording, grounds }: Heard, scoreMinDb = LIMITS.scoreMinDb): Scored {
  if (grounds === null) {
    const reason = "too short";
    return { recording, verdict: "cannot-tell", confidence: 0, reason, scoreMinDb };
  }
  const { verdict, confidence, reason } = judge(grounds, { scoreMinDb });
  return { recording, verdict, confidence, reason, scoreMinDb };
}

export function scoreLeavingOut(heard: readonly Heard[]): readonly Scored[] {
  return heard.map((one) => {
    const others = heard.filter(({ recording }) => recording.group !== one.recording.group);
    return score(one, chooseThreshold(others));
  });
}

/** No lower than a factor of four, which noise limits and margins were designed around. */
function chooseThreshold(training: readonly Heard[]): number {
  let strongestWrong = Number.NEGATIVE_INFINITY;
  for (const heard of training) {
    const scored = score(heard, 0);
    if (!isWrong(scored)) continue;
    const claimed = heard.grounds!.parts.find(({ part }) => part === scored.verdict)!;
    strongestWrong = Math.max(strongestWrong, claimed.scoreDb);
  }
  return Math.max(LIMITS.scoreMinDb, strongestWrong + FOLD_MARGIN_DB);
}

export function isRight({ recording, verdict }: Scored): boolean {
  return verdict === recording.truth;
}

/** A fault is named that is not there. */
export function isWrong({ recording, verdict }: Scored): boolean {
  return verdict !== recording.truth && verdict !== "none" && verdict !== "cannot-tell";
}
