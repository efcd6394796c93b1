// The recordings beside the repository, for tests and benchmarks that show what the diagnosis says
// of machines that nobody here built. A record's name and label are for the report alone: only its
// samples, its rate and its speed go into a detector.

import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { BearingVerdict } from "../diagnosis/bearing/decision.ts";
import type { BearingGeometry } from "../diagnosis/bearing/geometry.ts";
import { parseBearing } from "../diagnosis/bearing/library.ts";

const DATA = resolve(import.meta.dirname, "../../../shared/data");
const SECONDS_PER_MINUTE = 60;

export interface Recording {
  readonly name: string;
  readonly rate: number;
  readonly shaftHz: number;
  /** Of one window: a second, or what was recorded at once. */
  readonly windowSamples: number;
  /** In g. */
  samples(): Float32Array;
}

/** A recording of a bearing whose state is known. */
export interface LabelledRecording extends Recording {
  readonly geometry: BearingGeometry;
  readonly mainsHz: number;
  /** What was done to the bearing. */
  readonly truth: BearingVerdict;
  /** Smith & Randall's grade of CWRU's records; `healthy`; `MFPT`. */
  readonly grade: string;
  /** The bearing: the same for all loads that one of them was recorded at. */
  readonly group: string;
}

interface CwruRecord {
  readonly record: number;
  readonly file: string;
  readonly fs: number;
  readonly rpm_file: number | null;
  readonly rpm_nominal: number;
  readonly fault: "IR" | "OR" | "B" | "normal";
  readonly size_in: number;
  readonly or_pos: string;
  readonly sr2015: string;
}

const TRUTHS = { IR: "inner", OR: "outer", B: "ball", normal: "none" } as const;

/** The set's folder; null where it is not here. */
export function recordingsFolder(set: string): string | null {
  const folder = resolve(DATA, set);
  return existsSync(folder) ? folder : null;
}

/** Drive-end records of Case Western Reserve University. */
export function cwruRecordings(folder: string): readonly LabelledRecording[] {
  return manifestOf<CwruRecord>(folder).map((record) => ({
    name: String(record.record),
    rate: record.fs,
    shaftHz: (record.rpm_file ?? record.rpm_nominal) / SECONDS_PER_MINUTE,
    windowSamples: record.fs,
    geometry: parseBearing("6205"),
    mainsHz: 60,
    truth: TRUTHS[record.fault],
    grade: record.sr2015 || "healthy",
    group: `${record.fault} ${record.size_in} ${record.or_pos}`,
    samples: () => readFloats(folder, record.file),
  }));
}

interface MfptRecord {
  readonly file: string;
  readonly fs: number;
  readonly shaft_hz: number;
  readonly fault: "inner" | "outer";
}

export function mfptRecordings(folder: string): readonly LabelledRecording[] {
  return manifestOf<MfptRecord>(folder).map((record) => ({
    name: record.file,
    rate: record.fs,
    shaftHz: record.shaft_hz,
    windowSamples: record.fs,
    geometry: parseBearing("NICE"),
    mainsHz: 60,
    truth: record.fault,
    grade: "MFPT",
    group: `MFPT ${record.fault}`,
    samples: () => readFloats(folder, record.file),
  }));
}

interface FemtoLife {
  readonly file: string;
  readonly fs: number;
  readonly rpm: number;
  readonly scale_g_per_lsb: number;
  readonly samples_per_snapshot: number;
}

/** Lives until failure, as snapshots one after the other. */
function femtoRecordings(folder: string): readonly Recording[] {
  return manifestOf<FemtoLife>(folder).map((life) => ({
    name: life.file,
    rate: life.fs,
    shaftHz: life.rpm / SECONDS_PER_MINUTE,
    windowSamples: life.samples_per_snapshot,
    samples: () => readSteps(folder, life.file, life.scale_g_per_lsb),
  }));
}

/** Everything below `data`; only one at a time need be in memory. */
export function allRecordings(data: string): readonly Recording[] {
  return [
    ...cwruRecordings(resolve(data, "cwru")),
    ...mfptRecordings(resolve(data, "mfpt")),
    ...femtoRecordings(resolve(data, "femto")),
  ];
}

function manifestOf<Entry>(folder: string): readonly Entry[] {
  return JSON.parse(readFileSync(resolve(folder, "manifest.json"), "utf8")) as readonly Entry[];
}

function readSteps(folder: string, file: string, scale: number): Float32Array {
  const bytes = readFileSync(resolve(folder, file));
  const steps = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
  return Float32Array.from(steps, (step) => step * scale);
}

/** 32-bit floats, little-endian as every machine that we run on. */
function readFloats(folder: string, file: string): Float32Array {
  const bytes = readFileSync(resolve(folder, file));
  const end = bytes.byteOffset + bytes.length - (bytes.length % Float32Array.BYTES_PER_ELEMENT);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, end) as ArrayBuffer);
}
