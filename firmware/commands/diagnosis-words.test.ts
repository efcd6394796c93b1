// What `telltale status` says of a waveform's diagnosis.

import { expect, test } from "vitest";
import type { BaselineStatus, ChannelStatus } from "../../runtime/diagnosis/channel-status.ts";
import { diagnosisLines } from "./diagnosis-words.ts";

const LEARNING: BaselineStatus = {
  phase: "learning",
  learned: 0.428,
  departs: false,
  remainingLife: null,
};

function linesOf(status: Partial<ChannelStatus>): readonly string[] {
  return diagnosisLines({
    waveform: "bearing",
    operatingState: "WORKING",
    zone: null,
    bearings: [],
    baseline: LEARNING,
    problems: [],
    ...status,
  }).map((line) => line.trim().replace(/ +/g, " "));
}

test("zone and bearings stand in one line, and learning says how far it is", () => {
  const bearing = { confidence: 0.9, reason: "" };
  const lines = linesOf({
    zone: "B",
    bearings: [
      { bearing: "driveEnd", verdict: "outer", ...bearing },
      { bearing: "fanEnd", verdict: "cannot-tell", ...bearing },
      { bearing: "pump", verdict: "none", ...bearing },
    ],
  });
  const heard = "driveEnd with a fault: outer, fanEnd cannot be told, pump without a fault";
  expect(lines).toEqual([
    `bearing WORKING zone B, ${heard}`,
    "learning what is usual, 42 % of the least time",
  ]);
});

test("what keeps it silent is said", () => {
  expect(linesOf({ problems: ["The speed is unknown."] })).toEqual([
    "bearing WORKING nothing told",
    "learning what is usual, 42 % of the least time",
    "The speed is unknown.",
  ]);
});

test.each([
  [null, "is what it usually is"],
  [{ kind: "cannot-tell", reason: "it began too short ago" }, "it began too short ago"],
  [{ kind: "reached" }, "zone D has begun"],
  [
    { kind: "interval", fromMs: 36_000_000, toMs: 180_000_000, level: 0.8 },
    "zone D in 10 to 50 h, in 80 % of cases",
  ],
] as const)("remaining life %j is told in words", (remainingLife, words) => {
  const departs = remainingLife !== null;
  const lines = linesOf({ baseline: { phase: "watching", learned: 1, departs, remainingLife } });
  expect(lines[1]).toContain(words);
});
