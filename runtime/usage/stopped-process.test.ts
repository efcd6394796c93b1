// A process that was stopped finds a fresh sample before it finds out that it was stopped.

import { expect, test } from "vitest";
import type { Condition } from "./condition.ts";
import { UsageMeter } from "./usage-meter.ts";
import { ZERO_REGISTERS } from "./usage-state.ts";

const running: Condition = {
  signal: 0,
  test: "above",
  threshold: 0.5,
  hysteresis: 0,
  minOnMs: 0,
  minOffMs: 0,
  staleMs: 60_000,
};

test.each([[1], [0]])("a sample of %d after the stop makes no pair across it", (value) => {
  const meter = new UsageMeter({ WORKING: running }, 0, ZERO_REGISTERS, () => undefined);
  const [track] = meter.tracksOf(0);
  for (let at = 0; at <= 10_000; at += 1_000) {
    track!.good(1, at);
    meter.settle(at);
  }
  track!.good(value, 40_000);
  meter.gap(40_001, 10_000);
  track!.good(1, 40_100);
  track!.good(1, 41_100);
  meter.settle(41_100);
  expect(meter.registers).toMatchObject({ working: 11_000, off: 0, unknown: 30_100 });
});
