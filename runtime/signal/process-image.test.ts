// What a live value says about itself: never a number without a quality and an age.

import { expect, test } from "vitest";
import { ProcessImage } from "./process-image.ts";
import { codeOf } from "./quality.ts";
import type { SignalDefinition } from "./signal.ts";

const signal = (name: string): SignalDefinition => ({
  name,
  description: "",
  unit: "1",
  scale: 1,
  offset: 0,
  range: [0, 100],
  deadband: 0,
  deadbandShare: 0,
  heartbeatMs: 60_000,
  staleMs: 3_000,
  source: "rig",
});

const image = () => new ProcessImage([signal("flow"), signal("level")]);

test("nothing is live before the first sample", () => {
  expect(image().live(0, 5_000)).toEqual({
    value: null,
    quality: "bad",
    reason: "not-connected",
    age: null,
  });
});

test("a good value has its age", () => {
  const live = image();
  live.good(1, 42, 1_000);
  expect(live.live(1, 1_500)).toEqual({ value: 42, quality: "good", age: 500 });
});

test("an age is never negative, even where a sample is stamped ahead of the reader", () => {
  const live = image();
  live.good(0, 42, 1_000);
  expect(live.live(0, 900).age).toBe(0);
});

test("a bad value is null, with the last good one and both ages beside it", () => {
  const live = image();
  live.good(0, 42, 1_000);
  live.bad(0, codeOf("timeout"), 3_000);
  expect(live.live(0, 3_200)).toEqual({
    value: null,
    quality: "bad",
    reason: "timeout",
    age: 200,
    last: { value: 42, age: 2_200 },
  });
});

test("a stale value keeps the age of its last sample", () => {
  const live = image();
  live.good(0, 42, 1_000);
  live.stale(0);
  expect(live.live(0, 9_000)).toMatchObject({ value: null, reason: "stale", age: 8_000 });
});

test("each write is counted, so that a reader sees what it passed over", () => {
  const live = image();
  live.good(0, 1, 1);
  live.bad(0, codeOf("checksum"), 2);
  live.stale(0);
  expect([...live.updates]).toEqual([3, 0]);
});

test("signals are found by name", () => {
  expect(image().indexOf("level")).toBe(1);
  expect(image().indexOf("nothing")).toBeUndefined();
});
