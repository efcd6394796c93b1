// The bearing detector on the recordings of Case Western Reserve University and of MFPT: right,
// wrong and cannot-tell for each grade, scored in both ways, and the same records cut short and
// with a wrong speed. `node bench/diagnosis-records.ts` prints each record.

import {
  cwruRecordings,
  type LabelledRecording,
  mfptRecordings,
  recordingsFolder,
} from "../runtime/testing/recordings.ts";
import {
  type Heard,
  hear,
  isRight,
  isWrong,
  type Scored,
  score,
  scoreLeavingOut,
} from "./bearing-score.ts";
import { figure, type Measurement, notRun } from "./harness.ts";

/** Records in which Smith & Randall saw the fault clearly; one of them may stay untold. */
const CLEAR_GRADES = ["Y1", "Y2"];
const CLEAR_UNTOLD_MAX = 1;
const CUTS_SECONDS = [1, 2, 5];
const SPEED_ERRORS = [0.95, 1.05];

const COUNT = { unit: "1", better: "higher" } as const;
const NONE = { unit: "1", better: "lower", goal: 0 } as const;

interface RecordingSet {
  readonly name: string;
  readonly folder: string;
  read(folder: string): readonly LabelledRecording[];
  lines(name: string, how: string, scored: readonly Scored[]): Iterable<Measurement>;
}

const SETS: readonly RecordingSet[] = [
  { name: "CWRU", folder: "cwru", read: cwruRecordings, lines: cwruLines },
  { name: "MFPT", folder: "mfpt", read: mfptRecordings, lines: mfptLines },
];

export async function* lines(): AsyncIterable<Measurement> {
  const all: Heard[] = [];
  for (const { name, folder, read, lines: linesOf } of SETS) {
    const path = recordingsFolder(folder);
    if (path === null) {
      const line = `${name}: right`;
      yield notRun({ line, ...COUNT, goal: 1 }, `../shared/data/${folder} is not here`);
      continue;
    }
    const heard = read(path).map((recording) => hear(recording));
    all.push(...heard);
    yield* linesOf(
      name,
      "frozen constants",
      heard.map((one) => score(one)),
    );
    const leftOut = scoreLeavingOut(heard);
    const chosen = leftOut.map(({ scoreMinDb }) => scoreMinDb);
    const range = `${Math.min(...chosen).toFixed(1)}–${Math.max(...chosen).toFixed(1)} dB`;
    yield* linesOf(name, `one bearing left out (${range} chosen)`, leftOut);
  }
  for (const seconds of CUTS_SECONDS) yield* cutLines(all, seconds);
  for (const error of SPEED_ERRORS) {
    const scored = all.map(({ recording }) => score(hear(recording, undefined, error)));
    const percent = Math.round((error - 1) * 100);
    const line = `CWRU and MFPT, speed ${percent} % wrong: a fault named, of ${scored.length}`;
    if (scored.length > 0) yield figure({ line, ...NONE, ours: count(scored, namesAFault) });
  }
}

function* cwruLines(name: string, how: string, scored: readonly Scored[]): Iterable<Measurement> {
  const clear = scored.filter(({ recording }) => CLEAR_GRADES.includes(recording.grade));
  const others = scored.filter(({ recording }) => !CLEAR_GRADES.includes(recording.grade));
  const goal = clear.length - CLEAR_UNTOLD_MAX;
  const right = `${name} Y1 and Y2, ${how}: right of ${clear.length}`;
  yield figure({ line: right, ...COUNT, goal, ours: count(clear, isRight) });
  yield figure({ line: `${name} Y1 and Y2, ${how}: wrong`, ...NONE, ours: count(clear, isWrong) });
  const hard = `${name} P, N and healthy, ${how}: a wrong fault, of ${others.length}`;
  yield figure({ line: hard, ...NONE, ours: count(others, isWrong) });
}

function* mfptLines(name: string, how: string, scored: readonly Scored[]): Iterable<Measurement> {
  const right = `${name}, ${how}: right of ${scored.length}`;
  yield figure({ line: right, ...COUNT, goal: scored.length, ours: count(scored, isRight) });
  yield figure({ line: `${name}, ${how}: wrong`, ...NONE, ours: count(scored, isWrong) });
}

/** The records cut into pieces: what is said of a short one must not be wrong either. */
function* cutLines(all: readonly Heard[], seconds: number): Iterable<Measurement> {
  const scored: Scored[] = [];
  for (const { recording } of all) {
    const samples = recording.samples();
    const length = Math.floor(seconds * recording.rate);
    for (let start = 0; start + length <= samples.length; start += length) {
      scored.push(score(hear(recording, samples.subarray(start, start + length))));
    }
  }
  if (scored.length === 0) return;
  const clear = scored.filter(({ recording }) => /^(Y1|Y2|MFPT)$/.test(recording.grade));
  const wrong = `CWRU and MFPT cut to ${seconds} s: wrong, of ${scored.length}`;
  yield figure({ line: wrong, ...NONE, ours: count(scored, isWrong) });
  const share = count(clear, isRight) / clear.length;
  const right = `CWRU Y1, Y2 and MFPT cut to ${seconds} s: share right`;
  yield figure({ line: right, ...COUNT, goal: 0.75, ours: share });
}

function namesAFault({ verdict }: Scored): boolean {
  return verdict !== "none" && verdict !== "cannot-tell";
}

function count(scored: readonly Scored[], counts: (one: Scored) => boolean): number {
  return scored.filter(counts).length;
}
