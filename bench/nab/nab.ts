// NAB on the files that are given: first the scorer against a published result, from the rows on;
// then our detector, with one configuration for all files, beside the published scores of the same
// files.

import { ALARM_SCORE } from "../../runtime/diagnosis/detect/judgement.ts";
import { TableDetector } from "../../runtime/diagnosis/detect/table-detector.ts";
import { figure, type Measurement } from "../harness.ts";
import { PUBLISHED_DETECTORS, readCorpus, readPublished, type Series } from "./corpus.ts";
import {
  countRows,
  normalise,
  optimise,
  PROFILES,
  type Profile,
  type ScoredSeries,
  scoreSeries,
} from "./scorer.ts";
import { windowedGaussian } from "./windowed-gaussian.ts";

/** NAB of 2015 wrote its scores with so many digits, and its threshold of 1 lives by that. */
const DIGITS_PUBLISHED = 12;

export async function* nabLines(folder: string): AsyncGenerator<Measurement> {
  const corpus = await readCorpus(folder);
  const windows = corpus.reduce((sum, series) => sum + series.windows.length, 0);
  const of = `NAB, ${corpus.length} files with ${windows} windows`;
  yield* reproduction(corpus, folder);

  const scored = corpus.map(detect);
  const { standard, rewardLowFp, rewardLowFn } = PROFILES;
  const best = optimise(scored, standard);
  const ours = normalise(best.score, windows, standard);
  for (const detector of PUBLISHED_DETECTORS) {
    const published = readPublished(folder, detector);
    const total = corpus.reduce((sum, { file }) => sum + published.get(file)!.score, 0);
    const theirs = normalise(total, windows, standard);
    const ratio = ours / theirs;
    yield {
      line: `${of}: standard score beside ${detector}'s published scores of these files`,
      unit: "1",
      better: "higher",
      ours,
      peer: { name: `${detector} (its threshold was chosen on all 58 files)`, value: theirs },
      ratio: { median: ratio, min: ratio, max: ratio },
      goal: 1,
      met: ratio > 1,
      notRun: null,
    };
  }
  const theBest = bestPublished(corpus, folder, windows);
  const better = "higher";
  const score = (line: string, value: number, goal: number) =>
    figure({ line: `${of}: ${line}`, unit: "1", better, goal, ours: value });
  const at = (threshold: number, profile: Profile) =>
    normalise(sum(scored, threshold, profile), windows, profile);
  yield score(
    "standard score, leaving one file out, the threshold chosen on the others; goal: the best " +
      "published",
    normalise(leaveOneOut(scored, standard), windows, standard),
    theBest,
  );
  yield score(
    "standard score of the alarm flag, a frozen threshold; goal: the best published",
    at(ALARM_SCORE, standard),
    theBest,
  );
  for (const profile of [rewardLowFp, rewardLowFn]) {
    const value = normalise(optimise(scored, profile).score, windows, profile);
    yield score(`score in the profile ${profile.name} (no result per file is published)`, value, 0);
  }
}

function* reproduction(corpus: readonly Series[], folder: string): Generator<Measurement> {
  const published = readPublished(folder, "windowedGaussian");
  let error = 0;
  let otherwise = 0;
  for (const series of corpus) {
    const result = published.get(series.file)!;
    const scores = windowedGaussian(series.values).map((value) =>
      Number(value.toPrecision(DIGITS_PUBLISHED)),
    );
    const { threshold } = result;
    const scored = { rows: series.rows, windows: series.windows, scores };
    error = Math.max(
      error,
      Math.abs(scoreSeries(scored, threshold, PROFILES.standard) - result.score),
    );
    const { truePositives, falsePositives } = countRows(scored, threshold);
    otherwise += Math.abs(truePositives - result.truePositives);
    otherwise += Math.abs(falsePositives - result.falsePositives);
  }
  const of = `NAB's windowedGaussian rebuilt, ${corpus.length} files`;
  const better = "lower";
  yield figure({
    line: `${of}: largest error of our scorer against a file's published score, in 10⁻⁹`,
    unit: "1",
    better,
    goal: 1,
    ours: error * 1e9,
  });
  yield figure({
    line: `${of}: alarm rows inside and outside of windows that are counted otherwise`,
    unit: "1",
    better,
    goal: 0,
    ours: otherwise,
  });
}

function detect({ rows, atMs, values, windows }: Series): ScoredSeries {
  const detector = new TableDetector({ columns: 1 });
  const scores = new Float64Array(rows);
  const row = new Float64Array(1);
  for (let at = 0; at < rows; at++) {
    row[0] = values[at]!;
    scores[at] = detector.row(atMs[at]!, row).score;
  }
  return { rows, windows, scores };
}

function sum(corpus: readonly ScoredSeries[], threshold: number, profile: Profile): number {
  return corpus.reduce((total, series) => total + scoreSeries(series, threshold, profile), 0);
}

function leaveOneOut(corpus: readonly ScoredSeries[], profile: Profile): number {
  return corpus.reduce((total, series) => {
    const others = corpus.filter((other) => other !== series);
    return total + scoreSeries(series, optimise(others, profile).threshold, profile);
  }, 0);
}

function bestPublished(corpus: readonly Series[], folder: string, windows: number): number {
  const totals = PUBLISHED_DETECTORS.map((detector) => {
    const published = readPublished(folder, detector);
    return corpus.reduce((total, { file }) => total + published.get(file)!.score, 0);
  });
  return normalise(Math.max(...totals), windows, PROFILES.standard);
}
