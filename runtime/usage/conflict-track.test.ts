// Witnesses that contradict each other, told as timelines with one line for each signal.

import { describe, expect, test } from "vitest";
import { conditionWith, play } from "../testing/usage-timeline.ts";
import type { UsageRules } from "./usage-rules.ts";

const run = conditionWith();
const second = conditionWith({ signal: 1 });
const third = conditionWith({ signal: 2 });

describe("conflicts", () => {
  const conflicts = [{ name: "runs", between: [run, second], limitMs: 2_000 }];
  const rules: UsageRules = { WORKING: run, conflicts };

  test("a contradiction that lasts longer than its limit is unknown from its beginning", () => {
    const {
      registers,
      conflicts: found,
      transitions,
    } = play(["..RRRRRR..", ".........."], { rules });
    expect(registers).toMatchObject({ off: 3_000, working: 0, unknown: 7_000 });
    expect(found).toEqual([
      { name: "runs", state: "began", says: ["true", "false"], at: 3_000 },
      { name: "runs", state: "ended", says: ["false", "false"], at: 9_000 },
    ]);
    expect(transitions.map(({ at, to }) => [at, to])).toEqual([
      [1_000, "OFF"],
      [3_000, "UNKNOWN"],
      [9_000, "OFF"],
    ]);
  });

  test("one that lasts no longer than its limit changes nothing", () => {
    const { registers, conflicts: found } = play(["..RRRR...", "....RRR.."], { rules });
    expect(registers).toMatchObject({ off: 4_000, working: 4_000, unknown: 1_000 });
    expect(found).toEqual([]);
  });

  test("while it is open, time is posted to nobody", () => {
    expect(play(["..RRR", "....."], { rules }).meter.settledAt).toBe(3_000);
    expect(play(["..RRRR", "......"], { rules }).meter.settledAt).toBe(6_000);
  });

  test("a witness who says nothing contradicts nobody", () => {
    const { registers, conflicts: found } = play(["..RRRRRR", "..xxxxxx"], { rules });
    expect(registers).toMatchObject({ working: 5_000 });
    expect(found).toEqual([]);
    const silent = play(["RRRRRRRR", "....xxxx"], { rules });
    expect(silent.conflicts.map(({ state, at }) => [state, at])).toEqual([
      ["began", 1_000],
      ["ended", 4_000],
    ]);
    expect(silent.registers).toMatchObject({ unknown: 4_000, working: 4_000 });
  });

  test("three witnesses agree only where all that are known do", () => {
    const between = [run, second, third];
    const three = { WORKING: run, conflicts: [{ name: "runs", between, limitMs: 1_000 }] };
    const { conflicts: found } = play(["RRRRRRRRR", "RR..RRRRR", "RR.....RR"], { rules: three });
    expect(found).toEqual([
      { name: "runs", state: "began", says: ["true", "false", "false"], at: 3_000 },
      { name: "runs", state: "ended", says: ["true", "true", "true"], at: 8_000 },
    ]);
  });

  test("two conflicts end apart, and the state is known after the last", () => {
    const both = [...conflicts, { name: "moves", between: [run, third], limitMs: 1_000 }];
    const { transitions, conflicts: found } = play(["RRRRRRRRR", "....RRRRR", "......RRR"], {
      rules: { WORKING: run, conflicts: both },
    });
    expect(found.map(({ name, state }) => `${name} ${state}`)).toEqual([
      "runs began",
      "moves began",
      "runs ended",
      "moves ended",
    ]);
    expect(transitions.map(({ at, to }) => [at, to])).toEqual([[7_000, "WORKING"]]);
  });

  test("witnesses that flap while a slow signal is awaited count for nobody", () => {
    const slow = conditionWith({ signal: 2, staleMs: 1e9 });
    const { meter, conflicts: found } = play("", { rules: { ...rules, IDLE: slow } });
    const feed = (signal: number, value: number, at: number) => {
      for (const track of meter.tracksOf(signal)) track.good(value, at);
    };
    feed(2, 0, 0);
    let at = 0;
    for (let turn = 0; turn < 2_000; turn++) {
      for (const [own, other] of [
        [60, 60],
        [60, 0],
        [60, 0],
        [60, 0],
      ] as const) {
        at += 1_000;
        feed(0, own, at);
        feed(1, other, at);
        meter.settle(at);
      }
    }
    feed(2, 0, at);
    meter.settle(at);
    const { working, unknown } = meter.registers;
    expect(working + unknown).toBe(at);
    expect(working).toBeLessThanOrEqual(512 * 1_000);
    expect(found.length % 2).toBe(1);
    for (const value of [60, 60, 60]) {
      at += 1_000;
      for (const signal of [0, 1]) feed(signal, value, at);
      feed(2, 0, at);
      meter.settle(at);
    }
    expect(meter.state).toBe("WORKING");
    expect(found.at(-1)?.state).toBe("ended");
  });
});
