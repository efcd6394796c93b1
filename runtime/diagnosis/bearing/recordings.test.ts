// Verdicts on recordings of real bearings, where they are at hand. All of them are scored by
// `npm run bench -- diagnosis`; here stand some, so that a change that breaks them is seen at once.

import { expect, test } from "vitest";
import {
  cwruRecordings,
  type LabelledRecording,
  mfptRecordings,
} from "../../testing/recordings.ts";
import { requiresShared } from "../../testing/requires.ts";
import { BearingDetector } from "./detector.ts";
import { parseBearing } from "./library.ts";

function verdictOn({ rate, geometry, shaftHz, mainsHz, samples }: LabelledRecording): string {
  const bearing = { name: "bearing", geometry, ratio: 1 };
  const detector = new BearingDetector({ rate, bearing, mainsHz });
  const all = samples();
  detector.add(all, all.length, shaftHz);
  return detector.decide().verdict;
}

test("CWRU: the clear ones of each part are told, the hopeless ones never wrongly", (context) => {
  const recordings = cwruRecordings(requiresShared(context, "data/cwru"));
  const clear = recordings.filter(({ grade, name }) => grade === "Y1" || /^(105|223)$/.test(name));
  expect(clear.length).toBeGreaterThan(5);
  for (const recording of clear) expect(verdictOn(recording), recording.name).toBe(recording.truth);
  for (const recording of recordings.filter(({ grade }) => /^[PN]/.test(grade))) {
    expect([recording.truth, "none", "cannot-tell"]).toContain(verdictOn(recording));
  }
});

test("CWRU: the healthy one has none", (context) => {
  const recordings = cwruRecordings(requiresShared(context, "data/cwru"));
  for (const recording of recordings.filter(({ truth }) => truth === "none")) {
    expect(verdictOn(recording)).toBe("none");
  }
});

test("MFPT: all are told", (context) => {
  for (const recording of mfptRecordings(requiresShared(context, "data/mfpt"))) {
    expect(verdictOn(recording), recording.name).toBe(recording.truth);
  }
});

test("MFPT: with a 6205's geometry an inner ring is no rolling element of it", (context) => {
  const recordings = mfptRecordings(requiresShared(context, "data/mfpt"));
  for (const recording of recordings.filter(({ truth }) => truth === "inner")) {
    const verdict = verdictOn({ ...recording, geometry: parseBearing("6205") });
    expect(verdict, recording.name).toBe("cannot-tell");
  }
});
