// The part of the Numenta Anomaly Benchmark that lies beside the repository: series, windows, and
// what other detectors got on each series.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readTable, timeOf } from "../../firmware/commands/detect/table.ts";
import { byteStream } from "../../firmware/host/byte-stream.ts";
import type { LabelWindow } from "./scorer.ts";

export interface Series {
  /** As NAB names it. */
  readonly file: string;
  readonly rows: number;
  readonly atMs: Float64Array;
  readonly values: Float64Array;
  readonly windows: readonly LabelWindow[];
}

/** One row of a published table of results, in the standard profile. */
export interface PublishedResult {
  readonly threshold: number;
  readonly score: number;
  readonly truePositives: number;
  readonly falsePositives: number;
}

export const PUBLISHED_DETECTORS = [
  "ARTime",
  "numenta",
  "htmjava",
  "knncad",
  "randomCutForest",
  "windowedGaussian",
] as const;

export async function readCorpus(folder: string): Promise<readonly Series[]> {
  const labels = JSON.parse(
    readFileSync(join(folder, "labels/combined_windows.json"), "utf8"),
  ) as Readonly<Record<string, readonly (readonly [string, string])[]>>;
  const corpus: Series[] = [];
  for (const [file, windows] of Object.entries(labels)) {
    const atMs: number[] = [];
    const values: number[] = [];
    const choice = { name: file, time: "timestamp", values: ["value"], delimiter: "," };
    for await (const row of readTable(byteStream(join(folder, "data", file)), choice)) {
      atMs.push(row.atMs);
      values.push(row.values[0]!);
    }
    corpus.push({
      file,
      rows: atMs.length,
      atMs: Float64Array.from(atMs),
      values: Float64Array.from(values),
      windows: windows.map(([from, to]) => windowOf(atMs, from, to, file)),
    });
  }
  return corpus;
}

function windowOf(atMs: readonly number[], from: string, to: string, file: string): LabelWindow {
  const first = atMs.indexOf(timeOf(from));
  const last = atMs.lastIndexOf(timeOf(to));
  if (first < 0 || last < first) throw new Error(`${file} has no rows at its window ${from}`);
  return [first, last];
}

export function readPublished(
  folder: string,
  detector: (typeof PUBLISHED_DETECTORS)[number],
): ReadonlyMap<string, PublishedResult> {
  const file = join(folder, "results", detector, `${detector}_standard_scores.csv`);
  const [, ...lines] = readFileSync(file, "utf8").trim().split(/\r?\n/);
  return new Map(
    lines.map((line) => {
      const [, , series, threshold, score, truePositives, , falsePositives] = line.split(",");
      return [
        series!,
        {
          threshold: Number(threshold),
          score: Number(score),
          truePositives: Number(truePositives),
          falsePositives: Number(falsePositives),
        },
      ];
    }),
  );
}
