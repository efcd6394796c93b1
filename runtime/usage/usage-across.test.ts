// What lies across the states, told as timelines with one line for each signal: modes, overload,
// events, who says FAULT, and time in which nobody looked.

import { describe, expect, test } from "vitest";
import { conditionWith, play } from "../testing/usage-timeline.ts";
import type { UsageTransition } from "./usage-meter.ts";
import type { UsageRules } from "./usage-rules.ts";

const run = conditionWith();
const second = conditionWith({ signal: 1 });
const third = conditionWith({ signal: 2 });

/** `WORKING Setup! source`: what a transition leads to. */
function told(transitions: readonly UsageTransition[]): readonly string[] {
  return transitions.map(({ to, mode, overload, source, at }) => {
    const words = [to, mode === "None" ? "" : mode, overload ? "overload" : "", source ?? ""];
    return `${at / 1_000} ${words.filter((word) => word !== "").join(" ")}`;
  });
}

describe("modes", () => {
  const modes = { Setup: second, Maintenance: third };

  test("the first of Maintenance, Setup and Processing that holds is the mode", () => {
    const rules: UsageRules = { WORKING: run, modes: { ...modes, Processing: run } };
    const { transitions } = play(["RRRRRR", "..RRRR", "...RR."], { rules, afterMs: 10_000 });
    expect(told(transitions)).toEqual([
      "1 WORKING Processing",
      "3 WORKING Setup",
      "4 WORKING Maintenance",
      "6 UNKNOWN",
    ]);
  });

  test("time in maintenance is part of the state's time", () => {
    const { registers } = play(["RRRRRR", "......", "..RRR."], { rules: { WORKING: run, modes } });
    expect(registers).toMatchObject({ working: 5_000, unknown: 1_000, maintenance: 3_000 });
  });

  test("an unclear mode is none, and leaves the state alone", () => {
    const { transitions, registers } = play(["RRRRRR", "RRxxxx", "......"], {
      rules: { WORKING: run, modes },
    });
    expect(told(transitions)).toEqual(["1 WORKING Setup", "2 WORKING"]);
    expect(registers).toMatchObject({ working: 5_000, unknown: 1_000 });
  });

  test("a signal that serves a state and a mode decides both", () => {
    const rules = { WORKING: run, modes: { Processing: run } };
    const { meter, transitions } = play("..RRx", { rules });
    expect(meter.tracksOf(0)).toHaveLength(1);
    expect(told(transitions)).toEqual(["1 OFF", "3 WORKING Processing", "4 UNKNOWN"]);
  });
});

describe("overload", () => {
  const rules: UsageRules = { WORKING: run, overload: second };

  test("is counted beside the state, from its first sample to the first without it", () => {
    const { registers, transitions } = play(["RRRRRR", "..RR.."], { rules });
    expect(registers).toMatchObject({ working: 5_000, overload: 2_000 });
    expect(told(transitions)).toEqual(["1 WORKING", "3 WORKING overload", "5 WORKING"]);
    expect(transitions.map(({ registers }) => registers.overload)).toEqual([0, 0, 2_000]);
  });

  test("is not counted while it is unclear, nor while the state is unknown", () => {
    expect(play(["RRRRRR", "RRxxRR"], { rules }).registers.overload).toBe(2_000);
    expect(play(["RRxxRR", "RRRRRR"], { rules }).registers).toMatchObject({
      overload: 2_000,
      working: 2_000,
      unknown: 4_000,
    });
  });

  test("that lasts too short counts nothing", () => {
    const overload = { ...second, minOnMs: 2_000 };
    const { registers } = play(["RRRRRR", "..RR.."], { rules: { WORKING: run, overload } });
    expect(registers).toMatchObject({ working: 5_000, overload: 0 });
  });
});

describe("cycles and strokes", () => {
  test.each([
    { name: "each change to true is one", line: ".R.R.", cycles: 2 },
    { name: "what is true when it is first seen is none", line: "RR.R.", cycles: 1 },
    { name: "unclear time neither adds nor hides one", line: ".RRxRR..xRR", cycles: 2 },
    { name: "inside the hysteresis there is none", line: ".R~R~.", cycles: 1 },
  ])("$name", ({ line, cycles }) => {
    const rules = { WORKING: run, cycles: { ...second, hysteresis: 5 } };
    expect(play(["RRRRRRRRRRRR", line], { rules }).registers.cycles).toBe(cycles);
  });

  test("what does not last long enough is none", () => {
    const rules = { WORKING: run, strokes: { ...second, minOnMs: 1_500 } };
    expect(play(["RRRRRRRRR", ".RR..RRR."], { rules }).registers.strokes).toBe(1);
  });

  test("a transition carries the counts of its own instant", () => {
    const rules = { WORKING: run, strokes: { counter: 1 }, cycles: third };
    const { transitions } = play(["..RR..", "123456", ".R.R.R"], { rules, afterMs: 5_000 });
    expect(
      transitions.map(({ at, registers }) => [at, registers.strokes, registers.cycles]),
    ).toEqual([
      [1_000, 0, 0],
      [3_000, 2, 1],
      [5_000, 4, 2],
      [6_000, 5, 2],
    ]);
  });
});

describe("who says FAULT", () => {
  const assertion = (source: string, on: boolean, at: number) =>
    ({ [at]: (meter) => meter.assertFault(source, on, at) }) as const satisfies NonNullable<
      NonNullable<Parameters<typeof play>[1]>["at"]
    >;

  test("an alarm holds from its instant until it is taken back", () => {
    const { registers, transitions } = play("RRRRRR", {
      at: { ...assertion("alarm:hot", true, 3_000), ...assertion("alarm:hot", false, 5_000) },
    });
    expect(told(transitions)).toEqual(["1 WORKING", "3 FAULT alarm:hot", "5 WORKING"]);
    expect(registers).toMatchObject({ working: 3_000, fault: 2_000, unknown: 1_000 });
  });

  test("the first in the declared order is named", () => {
    const lines = ["......", "..RR.."];
    const at = { ...assertion("instruction:7", true, 2_000), ...assertion("alarm:a", true, 5_000) };
    expect(told(play(lines, { rules: { WORKING: run, FAULT: second }, at }).transitions)).toEqual([
      "1 OFF",
      "2 FAULT instruction:7",
      "3 FAULT machine",
      "5 FAULT alarm:a",
    ]);
    const faultOrder = ["instruction", "alarm"] as const;
    const rules = { WORKING: run, FAULT: second, faultOrder };
    expect(told(play(lines, { rules, at }).transitions)).toEqual([
      "1 OFF",
      "2 FAULT instruction:7",
    ]);
  });

  test("of one kind the one that began first is named", () => {
    const at = {
      2000: (meter: ReturnType<typeof play>["meter"]) => {
        meter.assertFault("alarm:b", true, 2_000);
        meter.assertFault("alarm:a", true, 2_000);
      },
      ...assertion("alarm:b", false, 4_000),
    };
    expect(told(play("RRRRRR", { at }).transitions)).toEqual([
      "1 WORKING",
      "2 FAULT alarm:b",
      "4 FAULT alarm:a",
    ]);
  });

  test("who is not declared says nothing, and is told so", () => {
    const { meter, transitions } = play("RR", {
      rules: { WORKING: run, faultOrder: ["machine"] },
    });
    expect(meter.assertFault("alarm:hot", true, 3_000)).toBe(false);
    expect(meter.assertFault("instruction:1", true, 3_000)).toBe(false);
    meter.settle(9_000);
    expect(transitions.map(({ to }) => to)).not.toContain("FAULT");
  });

  test("it makes no state known that is not", () => {
    const { registers } = play("RRxxRR", { at: assertion("alarm:hot", true, 2_000) });
    expect(registers).toMatchObject({ working: 1_000, unknown: 4_000, fault: 1_000 });
  });

  test("one that comes late counts from what is settled", () => {
    const { registers } = play("RRRRRR", {
      at: { 4000: (meter) => meter.assertFault("alarm:hot", true, 1_500) },
    });
    expect(registers).toMatchObject({ working: 2_000, fault: 3_000 });
  });

  test("said twice it holds once, and taken back it is over", () => {
    const { registers, transitions } = play("RRRRRR", {
      at: {
        2000: (meter) => {
          meter.assertFault("alarm:hot", true, 2_000);
          meter.assertFault("alarm:hot", true, 2_000);
        },
        ...assertion("alarm:hot", false, 3_000),
      },
    });
    expect(registers.fault).toBe(1_000);
    expect(transitions).toHaveLength(3);
  });

  test("no number of sources or changes is too large", () => {
    const { meter } = play("RR");
    let taken = 0;
    for (let id = 0; id < 3_000; id++) {
      if (meter.assertFault(`instruction:${id}`, true, 2_000)) taken++;
    }
    expect(taken).toBe(2_000);
    for (let turn = 0; turn < 20_000; turn++)
      meter.assertFault("instruction:0", turn % 2 === 1, 3_000);
    meter.settle(4_000);
    expect(meter.registers.working + meter.registers.unknown + meter.registers.fault).toBe(
      meter.settledAt,
    );
  });
});

describe("time in which nobody looked", () => {
  test("is unknown from the last settled sample, and breaks the pair", () => {
    const { registers, transitions } = play("RRRR RR", {
      at: { 5000: (meter) => meter.gap(5_500) },
    });
    expect(registers).toMatchObject({ working: 4_000, unknown: 3_000 });
    expect(told(transitions)).toEqual(["1 WORKING", "4 UNKNOWN", "6 WORKING"]);
  });

  test("hides no start and makes none", () => {
    const at = { 5000: (meter: ReturnType<typeof play>["meter"]) => meter.gap(5_500) };
    expect(play("..RR RR", { at }).registers).toMatchObject({ starts: 1, loads: 1 });
    expect(play(".... RR", { at }).registers).toMatchObject({ starts: 1, loads: 1 });
  });

  test("ends modes and overload, and leaves a device's own count", () => {
    const rules: UsageRules = {
      WORKING: run,
      overload: second,
      modes: { Maintenance: second },
      strokes: { counter: 2 },
    };
    const { registers } = play(["RRRR RRR", "RRRR RRR", "2345 678"], {
      rules,
      at: { 5000: (meter) => meter.gap(5_500) },
      afterMs: 9_000,
    });
    expect(registers).toMatchObject({
      working: 5_000,
      overload: 5_000,
      maintenance: 5_000,
      strokes: 6,
    });
  });

  test("settles an open contradiction as none", () => {
    const conflicts = [{ name: "runs", between: [run, second], limitMs: 2_000 }];
    const { registers, conflicts: found } = play(["RRRR RR", "RR.. RR"], {
      rules: { WORKING: run, conflicts },
      at: { 5000: (meter) => meter.gap(5_500) },
    });
    expect(found).toEqual([]);
    expect(registers).toMatchObject({ working: 4_000, unknown: 3_000 });
  });

  test("a sample from before it says nothing any more", () => {
    const { registers } = play("RRRR", {
      at: { 3000: (meter) => meter.gap(9_000) },
    });
    expect(registers).toMatchObject({ working: 1_000, unknown: 8_000 });
  });
});
