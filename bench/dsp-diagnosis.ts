// What it costs to diagnose one channel: an accelerometer of 25.6 kHz at a motor's bearing whose
// outer ring is damaged, second by second, through the engine that the meter and `telltale
// diagnose` run. Figures are seconds of signal per second of processor time.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { LineProcess } from "../hil-tests/peers/line-process.ts";
import { bearingOrders } from "../runtime/diagnosis/bearing/geometry.ts";
import type { DiagnosisChannel } from "../runtime/diagnosis/channel.ts";
import { ChannelDiagnosis, CONCLUDE_SECONDS } from "../runtime/diagnosis/channel-diagnosis.ts";
import { findProgram } from "../runtime/testing/requires.ts";
import { scratchDirectory } from "../runtime/testing/scratch-directory.ts";
import { damagedBearing, GEOMETRY, RATE, SPEED_HZ } from "./dsp-signal.ts";
import { compare, figure, type Measurement, median } from "./harness.ts";

/** As many as one conclusion takes. */
const SECONDS = CONCLUDE_SECONDS;
const SECONDS_PER_ROUND = 4 * SECONDS;
const ROUNDS = 9;
const WARM_UP_ROUNDS = 3;

const SCIPY_RATIO_MIN = 2;
const REAL_TIME_RATIO_MIN = 200;

const CHANNEL: DiagnosisChannel = {
  name: "driveEnd",
  quantity: "acceleration",
  unit: "m/s2",
  rate: RATE,
  windowSamples: RATE,
  fullScale: 500,
  mainsHz: 50,
  bearings: [
    {
      name: "driveEnd",
      ratio: 1,
      geometry: GEOMETRY,
    },
  ],
  gears: [],
  polePairs: null,
  severity: {
    name: "given",
    measure: "velocityRms",
    boundaries: [1.4, 2.8, 4.5],
    source: "the benchmark",
    verified: false,
  },
  regime: null,
};

function oursOver(windows: readonly Float32Array[]): () => number {
  const diagnosis = new ChannelDiagnosis(CHANNEL);
  const circumstances = { speedHz: SPEED_HZ, load: null, operatingState: "WORKING" };
  let at = 0;
  return () => {
    let conclusions = 0;
    const before = process.cpuUsage();
    for (let second = 0; second < SECONDS_PER_ROUND; second++) {
      const window = windows[second % windows.length]!;
      at += 1_000;
      const { conclusion } = diagnosis.window(window, RATE, circumstances, at);
      if (conclusion === null) continue;
      conclusions++;
      const { verdict } = conclusion.bearings[0]!.decision;
      if (verdict !== "outer") throw new Error(`the diagnosis says ${verdict}`);
    }
    const { user, system } = process.cpuUsage(before);
    if (conclusions !== SECONDS_PER_ROUND / SECONDS) throw new Error(`${conclusions} conclusions`);
    return SECONDS_PER_ROUND / ((user + system) / 1e6);
  };
}

const PROGRAM = join(import.meta.dirname, "diagnosis-rounds.py");
const PROBE_MS_MAX = 20_000;

/** The system's own first: Debian's SciPy belongs to it. */
function pythonWithScipy(): string | undefined {
  const candidates = ["/usr/bin/python3", findProgram("python3")];
  return candidates.find(
    (python) =>
      python !== undefined &&
      spawnSync(python, ["-c", "import scipy.signal"], { stdio: "ignore", timeout: PROBE_MS_MAX })
        .status === 0,
  );
}

export async function* diagnosisLines(): AsyncIterable<Measurement> {
  using scratch = scratchDirectory();
  const windows = damagedBearing(SECONDS);
  const file = join(scratch.path, "windows.f32");
  writeFileSync(file, Buffer.concat(windows.map((window) => new Uint8Array(window.buffer))));
  const figures: number[] = [];
  const round = oursOver(windows);
  const ours = () => {
    const perSecond = round();
    figures.push(perSecond);
    return perSecond;
  };
  const python = pythonWithScipy();
  const { bpfo, bpfi, bsf, ftf } = bearingOrders(GEOMETRY);
  const args = [PROGRAM, file, RATE, SPEED_HZ, bpfo, bpfi, bsf, ftf].map(String);
  await using scipy = python === undefined ? null : await LineProcess.start(python, args);
  const theirs = async () => {
    const [perSecond, , part] = (await scipy!.ask(String(SECONDS_PER_ROUND))).split(" ");
    if (part !== "outer") throw new Error(`SciPy says ${part}`);
    return Number(perSecond);
  };
  const line = {
    line: "whole diagnosis of a channel of 25.6 kHz, seconds of signal per second of processor",
    unit: "1",
    better: "higher",
  } as const;
  yield await compare({
    ...line,
    goal: SCIPY_RATIO_MIN,
    rounds: ROUNDS,
    warmUpRounds: WARM_UP_ROUNDS,
    ours,
    peer: {
      name: scipy?.greeting ?? "SciPy",
      run: scipy === null ? "python3-scipy is not installed" : theirs,
    },
  });
  const counted = median(figures.slice(WARM_UP_ROUNDS));
  yield figure({ ...line, line: `${line.line}, alone`, goal: REAL_TIME_RATIO_MIN, ours: counted });
}
