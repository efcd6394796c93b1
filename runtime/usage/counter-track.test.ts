// What a device's own count adds to a register: one reading per second, a digit each.

import { describe, expect, test } from "vitest";
import { conditionWith, play } from "../testing/usage-timeline.ts";
import type { UsageRules } from "./usage-rules.ts";

const rules: UsageRules = { cycles: { counter: 0 } };

describe("a device's own count", () => {
  test("adds what it rises by", () => {
    const { registers, counterFaults } = play("22357", { rules, afterMs: 1 });
    expect(registers).toMatchObject({ cycles: 5, strokes: 0 });
    expect(counterFaults).toEqual([]);
  });

  test.each([
    { name: "what it counted while nobody could read it counts", line: "23xx6", cycles: 4 },
    { name: "what it rises by from 0 may be an old count", line: "0579", cycles: 4 },
    { name: "one that falls adds nothing", line: "5733", cycles: 2, faults: ["backwards"] },
    {
      name: "one that came back adds what is beyond",
      line: "5706",
      cycles: 2,
      faults: ["backwards"],
    },
    { name: "a transient zero is no reset", line: "570089", cycles: 4, faults: ["backwards"] },
    {
      name: "after a reset it goes on from there",
      line: "571234",
      cycles: 5,
      faults: ["backwards"],
    },
    {
      name: "falls within a fall are each remembered",
      line: "9462058",
      cycles: 2 + 3 + 2,
      faults: ["backwards", "backwards"],
    },
  ])("$name", ({ line, cycles, faults = [] }) => {
    const played = play(line, { rules, afterMs: 1 });
    expect(played.registers.cycles).toBe(cycles);
    expect(played.counterFaults.map(({ register, kind }) => [register, kind])).toEqual(
      faults.map((kind) => ["cycles", kind]),
    );
  });

  test("a rate that no machine reaches is no count, and what follows is", () => {
    const { meter, counterFaults } = play("", { rules });
    const [track] = meter.tracksOf(0);
    for (const [value, at] of [
      [1_000, 1_000],
      [1_200, 2_000],
      [65_535, 3_000],
      [65_540, 4_000],
    ] as const) {
      track!.good(value, at);
    }
    meter.settle(5_000);
    expect(meter.registers.cycles).toBe(205);
    expect(counterFaults).toEqual([
      { register: "cycles", kind: "rate", from: 1_200, to: 65_535, at: 3_000 },
    ]);
  });

  test("a count with a fraction is rounded down, and what is no count is passed over", () => {
    const { meter } = play("", { rules });
    const [track] = meter.tracksOf(0);
    for (const value of [7.9, -1, Number.POSITIVE_INFINITY, 2 ** 60, 8.1]) {
      track!.good(value, 1_000);
    }
    meter.settle(2_000);
    expect(meter.registers.cycles).toBe(1);
  });

  test("that waits for a slow signal loses nothing", () => {
    const slow = conditionWith({ signal: 1, staleMs: 1e9 });
    const { meter } = play("", { rules: { ...rules, WORKING: slow } });
    for (const track of meter.tracksOf(1)) track.good(60, 0);
    for (let at = 1; at <= 5_000; at++)
      for (const track of meter.tracksOf(0)) track.good(at, 2 * at);
    meter.settle(11_000);
    expect(meter.registers.cycles).toBe(0);
    for (const track of meter.tracksOf(1)) track.good(60, 11_000);
    meter.settle(12_000);
    expect(meter.registers.cycles).toBe(4_999);
  });
});
