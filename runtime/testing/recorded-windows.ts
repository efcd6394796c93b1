// The recordings beside the repository as windows of samples in g, for tests that need signals
// which nobody here made.

import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Recording {
  /** For messages of tests alone: nothing under test may see it. */
  readonly name: string;
  readonly rate: number;
  readonly speedHz: number;
  readonly samples: Float32Array;
  /** The samples of one window: a second, or what was recorded at once. */
  readonly window: number;
}

interface CwruRow {
  readonly file: string;
  readonly fs: number;
  readonly rpm_nominal: number;
}

interface MfptRow {
  readonly file: string;
  readonly fs: number;
  readonly shaft_hz: number;
}

interface FemtoRow {
  readonly file: string;
  readonly fs: number;
  readonly rpm: number;
  readonly scale_g_per_lsb: number;
  readonly samples_per_snapshot: number;
}

/** All recordings below `data`, one set after another so that only one is in memory. */
export function* recordingsIn(data: string): Generator<Recording> {
  for (const row of manifestOf<CwruRow>(join(data, "cwru"))) {
    const samples = floatsOf(join(data, "cwru", row.file));
    yield { name: row.file, rate: row.fs, speedHz: row.rpm_nominal / 60, samples, window: row.fs };
  }
  for (const row of manifestOf<MfptRow>(join(data, "mfpt"))) {
    const samples = floatsOf(join(data, "mfpt", row.file));
    yield { name: row.file, rate: row.fs, speedHz: row.shaft_hz, samples, window: row.fs };
  }
  for (const row of manifestOf<FemtoRow>(join(data, "femto"))) {
    const bytes = readFileSync(join(data, "femto", row.file));
    const steps = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    const samples = new Float32Array(steps.length);
    for (let index = 0; index < steps.length; index++) {
      samples[index] = steps[index]! * row.scale_g_per_lsb;
    }
    const window = row.samples_per_snapshot;
    yield { name: row.file, rate: row.fs, speedHz: row.rpm / 60, samples, window };
  }
}

function manifestOf<Row>(folder: string): readonly Row[] {
  return JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as Row[];
}

function floatsOf(path: string): Float32Array {
  const bytes = readFileSync(path);
  // A copy of its own begins where a float may begin.
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
