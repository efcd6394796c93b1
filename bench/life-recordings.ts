// The lives of bearings until failure beside the repository: FEMTO's snapshots and IMS' trends,
// each as observations that come one after the other.

import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { BaselineFeature } from "../runtime/diagnosis/baseline/answer.ts";
import { WAVEFORM_FEATURES } from "../runtime/diagnosis/baseline/waveform-features.ts";
import { computeFeatures, FEATURES } from "../runtime/dsp/features.ts";
import { recordingsFolder } from "../runtime/testing/recordings.ts";

/** Snapshots of the early level, with which RMS doubling is told. Long before any of them fails. */
const EARLY_OBSERVATIONS = 100;

/** RMS has doubled when the median of so many observations has: one outlier is no doubling. */
const DOUBLING_OBSERVATIONS = 3;

export interface Channel {
  readonly name: string;
  /** The observations one after the other, each with the features in their order. */
  readonly observations: readonly Float64Array[];
  /** Whether this channel's bearing is known to have failed at the end. */
  readonly fails: boolean;
}

export interface Life {
  readonly set: "FEMTO" | "IMS";
  readonly name: string;
  readonly features: readonly BaselineFeature[];
  readonly channels: readonly Channel[];
  /** Milliseconds of each observation since the first. */
  readonly times: readonly number[];
}

export function femtoLives(): Life[] {
  const folder = recordingsFolder("femto");
  if (folder === null) return [];
  const manifest = JSON.parse(readFileSync(resolve(folder, "manifest.json"), "utf8"));
  return (manifest as FemtoRow[]).map((row) => femtoLife(folder, row));
}

interface FemtoRow {
  readonly file: string;
  readonly samples_per_snapshot: number;
  readonly interval_s: number;
  readonly scale_g_per_lsb: number;
}

function femtoLife(folder: string, row: FemtoRow): Life {
  const bytes = readFileSync(resolve(folder, row.file));
  const whole = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1);
  const count = row.samples_per_snapshot;
  const samples = new Float32Array(count);
  const observations: Float64Array[] = [];
  for (let from = 0; from + count <= whole.length; from += count) {
    for (let at = 0; at < count; at++) samples[at] = whole[from + at]! * row.scale_g_per_lsb;
    const features = new Float64Array(FEATURES.length).fill(Number.NaN);
    computeFeatures(samples, count, features);
    observations.push(features);
  }
  const name = row.file.replace(/_?H?\.i16$/, "");
  return {
    set: "FEMTO",
    name,
    features: WAVEFORM_FEATURES,
    channels: [{ name, observations, fails: true }],
    times: observations.map((_, index) => index * row.interval_s * 1_000),
  };
}

/** Which bearings failed, after the data set's own description. */
const IMS_FAILURES: Readonly<Record<string, readonly string[]>> = {
  test1: ["Bearing 3", "Bearing 4"],
  test2: ["Bearing 1"],
  test3: ["Bearing 3"],
};

export function imsLives(): Life[] {
  const folder = recordingsFolder("ims");
  if (folder === null) return [];
  const files = readdirSync(folder).filter((file) => /^test\d.*\.csv$/.test(file));
  return files.sort().map((file) => imsLife(folder, file));
}

function imsLife(folder: string, file: string): Life {
  const [head, ...rows] = readFileSync(resolve(folder, file), "utf8").trim().split("\n");
  const names = head!.trim().split(",").slice(2);
  const cells = rows.map((row) => row.trim().split(","));
  const name = file.slice(0, 5);
  const failing = IMS_FAILURES[name] ?? [];
  const instants = cells.map((row) => instantOf(row[1]!));
  return {
    set: "IMS",
    name: `IMS ${name}`,
    features: [{ ...WAVEFORM_FEATURES[0]!, name: "mean absolute" }],
    channels: names.map((channel, index) => ({
      name: `${name} ${channel}`,
      fails: failing.some((bearing) => channel.startsWith(bearing)),
      observations: cells.map((row) => Float64Array.of(Number(row[index + 2]))),
    })),
    times: instants.map((instant) => instant - instants[0]!),
  };
}

/** `2003.10.22.12.06.24` */
function instantOf(text: string): number {
  const [year, month, day, hour, minute, second] = text.split(".").map(Number);
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}

/** Where the first feature (RMS, or the mean absolute) has doubled against its early level. */
export function doublingOf(channel: Channel): number | null {
  const levels = channel.observations.map((features) => features[0]!);
  const early = levels.slice(0, EARLY_OBSERVATIONS).sort((one, other) => one - other);
  const limit = 2 * early[early.length >> 1]!;
  for (let index = DOUBLING_OBSERVATIONS - 1; index < levels.length; index++) {
    const recent = levels.slice(index + 1 - DOUBLING_OBSERVATIONS, index + 1).sort((a, b) => a - b);
    if (recent[DOUBLING_OBSERVATIONS >> 1]! > limit) return index;
  }
  return null;
}
