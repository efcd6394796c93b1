// What a raw value becomes, and which samples are worth recording.

import { describe, expect, test } from "vitest";
import { ProcessImage } from "../signal/process-image.ts";
import { reasonOfCode } from "../signal/quality.ts";
import type { SignalDefinition } from "../signal/signal.ts";
import { conditionWith } from "../testing/usage-timeline.ts";
import { ConditionTrack, TRUE, UNCLEAR } from "../usage/condition-track.ts";
import { Intake } from "./intake.ts";

const OIL: SignalDefinition = {
  name: "oilPressure",
  description: "Oil pressure after the filter",
  unit: "bar",
  scale: 0.5,
  offset: -1,
  range: [0, 16],
  deadband: 0.5,
  deadbandShare: 0,
  heartbeatMs: 10_000,
  staleMs: 3_000,
  source: "compressor",
};

function intakeOf(changes: Partial<SignalDefinition> = {}, startedAt = 0) {
  const image = new ProcessImage([{ ...OIL, ...changes }]);
  /** `value@at` where good, `reason@at` where not. */
  const recorded: string[] = [];
  const track = new ConditionTrack(conditionWith({ threshold: 2 }), startedAt);
  const intake = new Intake(
    image,
    {
      sample: (_, value, code, at) => recorded.push(`${reasonOfCode(code) ?? value}@${at}`),
    },
    () => [track],
    startedAt,
  );
  return { image, intake, recorded, track };
}

test.each([
  [0.1, 853, 85.3],
  [0.05, 3, 0.15],
  [-0.01, 7, -0.07],
  [0.0009765625, 1_024, 1],
  [0.3, 10, 3],
  [2.5, 3, 7.5],
  [0, 5, 0],
])("a scale of %d makes %d to %d, without a tail of binary digits", (scale, raw, value) => {
  const { image, intake } = intakeOf({ scale, offset: 0, range: [-1_000, 1_000] });
  intake.accept(0, raw, 1_000);
  expect(image.live(0, 1_000).value).toBe(value);
});

test("what is recorded without a value has the last good one, or none where there was none", () => {
  const recorded: number[] = [];
  const image = new ProcessImage([OIL]);
  const recorder = { sample: (_: number, value: number) => recorded.push(value) };
  const intake = new Intake(image, recorder, () => [], 0);
  intake.reject(0, "timeout", 1_000);
  intake.accept(0, 12, 2_000);
  intake.checkStale(9_000);
  expect(recorded).toEqual([Number.NaN, 5, 5]);
});

describe("a value", () => {
  test("is scaled, then stands in the image", () => {
    const { image, intake, recorded } = intakeOf();
    intake.accept(0, 12, 1_000);
    expect(image.live(0, 1_200)).toEqual({ value: 5, quality: "good", age: 200 });
    expect(recorded).toEqual(["5@1000"]);
  });

  test.each([
    ["below its range", 1.9],
    ["above its range", 34.1],
    ["no number", Number.NaN],
    ["infinite", Number.POSITIVE_INFINITY],
    ["infinitely small", Number.NEGATIVE_INFINITY],
  ])("%s is bad and keeps the last good one beside it", (_, raw) => {
    const { image, intake, recorded } = intakeOf();
    intake.accept(0, 12, 1_000);
    intake.accept(0, raw, 2_000);
    expect(image.live(0, 2_500)).toEqual({
      value: null,
      quality: "bad",
      reason: "out-of-range",
      age: 500,
      last: { value: 5, age: 1_500 },
    });
    expect(recorded).toEqual(["5@1000", "out-of-range@2000"]);
  });

  test.each([2, 34])("on the edge of its range is good: %d", (raw) => {
    const { intake, recorded } = intakeOf();
    intake.accept(0, raw, 1);
    expect(recorded).toEqual([`${raw * 0.5 - 1}@1`]);
  });

  test.each([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1e308])(
    "that cannot be written down is bad even without a range: %d",
    (raw) => {
      const open = {
        range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
        scale: 10,
      } as const;
      const { intake, recorded } = intakeOf(open);
      intake.accept(0, raw, 1);
      expect(recorded).toEqual(["out-of-range@1"]);
    },
  );

  test("takes the whole milliseconds of an instant that was computed from a rate", () => {
    const { image, intake, recorded } = intakeOf();
    intake.accept(0, 12, 1_000.75);
    intake.reject(0, "overrun", 2_000.5);
    expect(recorded).toEqual(["5@1000", "overrun@2000"]);
    expect(image.sampledAt[0]).toBe(2_000);
  });

  test("reaches the conditions on its signal, and a bad one does too", () => {
    const { intake, track } = intakeOf();
    intake.accept(0, 12, 1_000);
    expect([track.nextChangeAt(), track.takeChange()]).toEqual([1_000, TRUE]);
    intake.accept(0, 1_000, 2_000);
    expect([track.nextChangeAt(), track.takeChange()]).toEqual([1_000, UNCLEAR]);
  });
});

describe("what is recorded", () => {
  const record = (values: readonly number[], changes: Partial<SignalDefinition> = {}) => {
    const { intake, recorded } = intakeOf({ scale: 1, offset: 0, ...changes });
    values.forEach((value, index) => {
      intake.accept(0, value, (index + 1) * 1_000);
    });
    return recorded;
  };

  test("the first value always", () => {
    expect(record([0])).toEqual(["0@1000"]);
  });

  test("a change of at least the deadband", () => {
    expect(record([5, 5.49, 4.51, 5.5])).toEqual(["5@1000", "5.5@4000"]);
  });

  test("a slow drift, because it is compared with what was recorded last", () => {
    expect(record([5, 5.2, 5.4, 5.6, 5.8, 6, 6.2])).toEqual(["5@1000", "5.6@4000", "6.2@7000"]);
  });

  test("any change and no repetition where the deadband is zero", () => {
    expect(record([5, 5, 5.001, 5.001], { deadband: 0 })).toEqual(["5@1000", "5.001@3000"]);
  });

  test("a change of at least the share of the last recorded value, where that is more", () => {
    const share = { deadband: 0.05, deadbandShare: 0.1 };
    expect(record([5, 5.4, 5.6, 6.1, 6.2], share)).toEqual(["5@1000", "5.6@3000", "6.2@5000"]);
    expect(record([0.1, 0.14, 0.16], share)).toEqual(["0.1@1000", "0.16@3000"]);
  });

  test("a good value at each heartbeat", () => {
    expect(record(Array.from({ length: 22 }, () => 5))).toEqual(["5@1000", "5@11000", "5@21000"]);
  });

  test("a reason once, then at each heartbeat, and another reason at once", () => {
    const { intake, recorded } = intakeOf();
    for (let at = 1_000; at <= 12_000; at += 1_000) intake.reject(0, "timeout", at);
    intake.reject(0, "checksum", 12_500);
    expect(recorded).toEqual(["timeout@1000", "timeout@11000", "checksum@12500"]);
  });

  test("the return to good at once, however small the change", () => {
    const { intake, recorded } = intakeOf();
    intake.accept(0, 12, 1_000);
    intake.reject(0, "timeout", 2_000);
    intake.accept(0, 12, 3_000);
    expect(recorded).toEqual(["5@1000", "timeout@2000", "5@3000"]);
  });
});

describe("silence", () => {
  test("withdraws the value after the stale time, once, and keeps telling its true age", () => {
    const { image, intake, recorded } = intakeOf();
    intake.accept(0, 12, 1_000);
    for (let now = 1_000; now <= 60_000; now += 250) intake.checkStale(now);
    expect(recorded).toEqual(["5@1000", "stale@4250"]);
    expect(image.live(0, 60_000)).toEqual({
      value: null,
      quality: "bad",
      reason: "stale",
      age: 59_000,
      last: { value: 5, age: 59_000 },
    });
    intake.accept(0, 12, 60_500);
    expect(recorded.at(-1)).toBe("5@60500");
  });

  test("of a signal that has never spoken is stale after the start", () => {
    const { image, intake, recorded } = intakeOf({}, 500_000);
    expect(image.live(0, 500_000)).toMatchObject({ reason: "not-connected", age: null });
    intake.checkStale(503_000);
    expect(recorded).toEqual([]);
    intake.checkStale(503_001);
    expect(recorded).toEqual(["stale@503001"]);
    expect(image.live(0, 503_001)).toEqual({
      value: null,
      quality: "bad",
      reason: "stale",
      age: null,
    });
  });

  test("of a device that failed keeps the reason, however long it is not asked again", () => {
    const { image, intake, recorded } = intakeOf();
    intake.accept(0, 12, 1_000);
    for (const askedAt of [2_000, 60_000, 360_000]) {
      intake.reject(0, "timeout", askedAt);
      for (let now = askedAt; now <= askedAt + 10_000; now += 250) intake.checkStale(now);
    }
    expect(recorded).toEqual(["5@1000", "timeout@2000", "timeout@60000", "timeout@360000"]);
    expect(image.live(0, 370_000)).toMatchObject({ reason: "timeout", age: 10_000 });
  });
});
