// The allocation budget of the hot path: a sample that is within its deadband costs no memory, so
// that ten years of samples never wake the garbage collector.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { ProcessImage } from "../signal/process-image.ts";
import { conditionWith } from "../testing/usage-timeline.ts";
import { ConditionTrack } from "../usage/condition-track.ts";
import { Intake } from "./intake.ts";

const SIGNALS = 20;
const SAMPLES = 400_000;
/** A boxed number takes 16 bytes: one per sample fails, the loop around and the compiler do not. */
const BYTES_PER_SAMPLE_MAX = 8;
/** The least of several rounds: what else lives in this process allocates in some of them only. */
const ROUNDS = 5;

test("a sample within its deadband allocates nothing", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const intake = intakeOf(SIGNALS);
  let at = 0;
  const feed = () => {
    for (let sample = 0; sample < SAMPLES; sample++) {
      if (sample % SIGNALS === 0) at++;
      intake.accept(sample % SIGNALS, 50 + (sample % 7) / 10, at);
    }
  };
  feed();
  let leastBytes = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    collect();
    const before = process.memoryUsage().heapUsed;
    feed();
    leastBytes = Math.min(leastBytes, process.memoryUsage().heapUsed - before);
  }
  expect(leastBytes / SAMPLES).toBeLessThan(BYTES_PER_SAMPLE_MAX);
});

function intakeOf(count: number): Intake {
  const signals = Array.from({ length: count }, (_, index) => ({
    name: `signal${index}`,
    description: "",
    unit: "A",
    scale: 0.1,
    offset: 0,
    range: [0, 150] as const,
    deadband: 1,
    deadbandShare: 0,
    heartbeatMs: 1e12,
    staleMs: 3_000,
    source: "compressor",
  }));
  const tracks = signals.map((_, signal) => [
    new ConditionTrack(conditionWith({ signal, threshold: 4, minOnMs: 2_000 }), 0),
  ]);
  const recorder = { sample() {} };
  return new Intake(new ProcessImage(signals), recorder, (signal) => tracks[signal]!, 0);
}
