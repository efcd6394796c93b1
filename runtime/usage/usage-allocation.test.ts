// The allocation budget of the meter's hot path: samples of states, modes, overload, a conflict's
// witnesses and a device's own count cost no memory, whatever they say.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { conditionWith } from "../testing/usage-timeline.ts";
import { UsageMeter } from "./usage-meter.ts";
import { ZERO_REGISTERS } from "./usage-state.ts";

const SAMPLES = 400_000;
/**
 * Settling four times a second and the transitions are paid for, a boxed number a sample is not.
 */
const BYTES_PER_SAMPLE_MAX = 8;
/** The least of several rounds: what else lives in this process allocates in some of them only. */
const ROUNDS = 5;
const COUNTER = 2;

test("a sample allocates nothing", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const run = conditionWith({ hysteresis: 5, minOnMs: 2_000 });
  const second = conditionWith({ signal: 1, staleMs: 9_000 });
  const meter = new UsageMeter(
    {
      WORKING: run,
      modes: { Setup: second },
      overload: { ...second, threshold: 55 },
      cycles: { ...run, threshold: 30 },
      strokes: { counter: COUNTER },
      conflicts: [{ name: "runs", between: [run, second], limitMs: 4_000 }],
    },
    0,
    ZERO_REGISTERS,
    () => {},
  );
  const tracks = [0, 1, COUNTER].map((signal) => meter.tracksOf(signal));
  let at = 0;
  const feed = () => {
    for (let sample = 0; sample < SAMPLES; sample += 3) {
      at++;
      // It runs for 50 s and stands for 50 s; the second witness is late by up to a second.
      for (let signal = 0; signal < tracks.length; signal++) {
        const isRunning = Math.floor((at - signal * 700) / 50_000) % 2 === 0;
        const value = signal === COUNTER ? Math.floor(at / 100) : isRunning ? 60 : 0;
        for (let index = 0; index < tracks[signal]!.length; index++) {
          tracks[signal]![index]!.good(value, at);
        }
      }
      if (at % 250 === 0) meter.settle(at);
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
  expect(meter.registers.working).toBeGreaterThan(100_000);
  expect(meter.registers.strokes).toBeGreaterThan(7_000);
});
