import { expect, test } from "vitest";
import { requiresShared } from "../../runtime/testing/requires.ts";
import { readCorpus, readPublished } from "./corpus.ts";
import {
  countRows,
  normalise,
  optimise,
  PROFILES,
  probationaryRows,
  scaledSigmoid,
  scoreSeries,
} from "./scorer.ts";
import { tail, windowedGaussian } from "./windowed-gaussian.ts";

/** 100 rows, 15 of them probation, with a window of the rows 40 to 49; alarms at these rows. */
function series(alarms: Readonly<Record<number, number>>) {
  const scores = new Float64Array(100);
  for (const [row, score] of Object.entries(alarms)) scores[Number(row)] = score;
  return { rows: 100, windows: [[40, 49]] as const, scores };
}
const { standard, rewardLowFp, rewardLowFn } = PROFILES;

test.each([
  [100, 15],
  [4_032, 604],
  [18_050, 750],
])("of %d rows %d are probation", (rows, probation) => {
  expect(probationaryRows(rows)).toBe(probation);
});

test("the sigmoid is 1 long before, 0 at the end of a window, and −1 from three widths on", () => {
  expect(scaledSigmoid(0)).toBe(0);
  // 2 / (1 + e^-5) - 1
  expect(scaledSigmoid(-1)).toBeCloseTo(0.986_614, 6);
  expect(scaledSigmoid(3.01)).toBe(-1);
});

test.each([
  ["nothing costs the window", {}, -1],
  ["an alarm at its first row is worth 1", { 40: 1 }, 1],
  // σ(-5 · 1/10) / σ(-5): (2 / (1 + e^-0.5) - 1) / 0.986614
  ["at its last row little", { 49: 1 }, 0.244_919 / 0.986_614],
  ["the earliest counts, once", { 40: 1, 41: 1, 49: 1 }, 1],
  ["a false alarm before any window costs its whole weight", { 20: 1 }, -1 - 0.11],
  // (2 / (1 + e^(5/9)) - 1) × 0.11
  ["right behind the window it costs less", { 40: 1, 50: 1 }, 1 - 0.11 * 0.270_849],
  ["far behind it costs all", { 40: 1, 90: 1 }, 1 - 0.11],
  ["probation costs nothing", { 3: 1, 14: 1 }, -1],
])("%s", (_, alarms, score) => {
  expect(scoreSeries(series(alarms), 0.5, standard)).toBeCloseTo(score, 5);
});

test("the profiles weigh a false alarm or a missed window twice", () => {
  expect(scoreSeries(series({ 20: 1 }), 0.5, rewardLowFp)).toBeCloseTo(-1.22, 9);
  expect(scoreSeries(series({ 20: 1 }), 0.5, rewardLowFn)).toBeCloseTo(-2.11, 9);
});

test("rows are counted behind the probation", () => {
  expect(countRows(series({ 5: 1, 20: 1, 40: 1, 44: 1 }), 0.5)).toEqual({
    truePositives: 2,
    falseNegatives: 8,
    falsePositives: 1,
    trueNegatives: 74,
  });
});

test("the optimum weighs a window that a lower threshold wins against its false alarms", () => {
  const one = series({ 40: 0.9 });
  const other = series({ 20: 0.8, 41: 0.7 });
  // At 0.9 one window of two; at 0.7 both, and one false alarm.
  const { threshold, score } = optimise([one, other], standard);
  expect(threshold).toBe(0.7);
  const worth = (2 / (1 + Math.exp(-4.5)) - 1) / scaledSigmoid(-1);
  expect(score).toBeCloseTo(1 + worth - 0.11, 9);
  const at = [one, other].reduce((sum, of) => sum + scoreSeries(of, threshold, standard), 0);
  expect(score).toBeCloseTo(at, 12);
});

test("where alarms only cost, the optimum is to be silent", () => {
  expect(optimise([series({ 20: 0.8 })], standard)).toEqual({
    threshold: Number.POSITIVE_INFINITY,
    score: -1,
  });
});

test("silence is 0, perfection 100", () => {
  expect(normalise(-51, 51, standard)).toBe(0);
  expect(normalise(51, 51, standard)).toBe(100);
  expect(normalise(-102, 51, rewardLowFn)).toBe(0);
});

// scipy.stats.norm.sf
test.each([
  [0, 0.5],
  [1, 0.158_655_253_931_457_05],
  [2.999, 0.001_354_336_533_727_105_7],
  [4, 3.167_124_183_311_986e-5],
  [8, 6.220_960_574_271_786e-16],
])("a Gaussian's tail above %d is SciPy's", (z, probability) => {
  expect(tail(z) / probability).toBeCloseTo(1, 10);
});

test("the window of the Gaussian grows by rows, then moves on by hundreds", () => {
  const scores = windowedGaussian(Float64Array.of(5, 5, 7));
  // Nothing before the first; 5 is the mean of 5; 7 is far from a deviation of nothing.
  expect([...scores]).toEqual([0, 0.5, 1]);
});

test("the rebuilt detector has its published score on a file of NAB", async (context) => {
  const folder = requiresShared(context, "data/nab");
  const file = "realAWSCloudwatch/ec2_network_in_5abac7.csv";
  const published = readPublished(folder, "windowedGaussian").get(file)!;
  const { rows, windows, values } = (await readCorpus(folder)).find((of) => of.file === file)!;
  // As many digits as the result was written with: its threshold of 1 lives by them.
  const scores = windowedGaussian(values).map((score) => Number(score.toPrecision(12)));
  const scored = { rows, windows, scores };
  expect(scoreSeries(scored, published.threshold, standard)).toBeCloseTo(published.score, 10);
  expect(countRows(scored, published.threshold)).toMatchObject({
    truePositives: 19,
    falsePositives: 50,
  });
});
