// What the meter counts, told as timelines: one sample per second, `R` running, `i` idling, `.`
// stopped, `~` in the band of the hysteresis, `x` bad, a space where no sample came.

import { describe, expect, test } from "vitest";
import { conditionWith, play } from "../testing/usage-timeline.ts";
import { UsageMeter } from "./usage-meter.ts";
import { decidingSignals, type UsageRules } from "./usage-rules.ts";
import { ZERO_REGISTERS } from "./usage-state.ts";

const SLOW: UsageRules = { WORKING: conditionWith({ minOnMs: 2_000, minOffMs: 2_000 }) };
const BAND: UsageRules = { WORKING: conditionWith({ hysteresis: 5 }) };

interface Case {
  readonly name: string;
  readonly timeline: string;
  readonly rules?: UsageRules;
  readonly working: number;
  readonly off?: number;
  readonly unknown?: number;
}

const cases: readonly Case[] = [
  { name: "counts nothing before the second running sample", timeline: "R", working: 0 },
  { name: "counts between adjacent running samples", timeline: "RRRR", working: 3_000 },
  { name: "counts nothing before the first sample", timeline: "   RR", working: 1_000 },
  {
    name: "a start counts from its first running sample",
    timeline: "..RR",
    working: 1_000,
    off: 2_000,
  },
  {
    name: "a stop counts from its first stopped sample",
    timeline: "RR..",
    working: 2_000,
    off: 1_000,
  },
  { name: "a running sample counts until the next", timeline: "..R..", working: 1_000, off: 3_000 },
  { name: "a bad sample breaks the pair", timeline: "RRxRR", working: 2_000, unknown: 3_000 },
  { name: "bad samples alone say nothing", timeline: "xxx", working: 0, unknown: 3_000 },
  {
    name: "silence up to the limit is bridged",
    timeline: "R  R",
    working: 3_000,
    unknown: 1_000,
  },
  {
    name: "silence beyond the limit is unknown since the last sample",
    timeline: "RR   RR",
    working: 2_000,
    unknown: 5_000,
  },
  {
    name: "a blip shorter than minOn costs neither side",
    timeline: "...RR...",
    rules: SLOW,
    working: 0,
    off: 7_000,
  },
  {
    name: "a gap shorter than minOff costs neither side",
    timeline: "RRRR..RR",
    rules: SLOW,
    working: 7_000,
    off: 0,
  },
  {
    name: "a start that lasted minOn counts from its first sample",
    timeline: "...RRR",
    rules: SLOW,
    working: 2_000,
    off: 3_000,
  },
  {
    name: "a stop that lasted minOff counts from its first stopped sample",
    timeline: "RRRR...",
    rules: SLOW,
    working: 4_000,
    off: 2_000,
  },
  {
    name: "what has not lasted long enough is not counted yet",
    timeline: "...RR",
    rules: SLOW,
    working: 0,
    off: 3_000,
  },
  {
    name: "what had not lasted when the signal turned bad stays unknown",
    timeline: "...RRx",
    rules: SLOW,
    working: 0,
    off: 3_000,
    unknown: 3_000,
  },
  {
    name: "inside the hysteresis what held goes on",
    timeline: "~~RR~~.~",
    rules: BAND,
    working: 4_000,
    off: 3_000,
  },
  {
    name: "a bad sample makes the hysteresis forget",
    timeline: "RRx~~",
    rules: BAND,
    working: 1_000,
    off: 1_000,
    unknown: 3_000,
  },
];

test.each(cases)("$name", ({ timeline, rules, working, off, unknown }) => {
  const { registers } = play(timeline, rules ? { rules } : {});
  expect(registers.working).toBe(working);
  if (off !== undefined) expect(registers.off).toBe(off);
  if (unknown !== undefined) expect(registers.unknown).toBe(unknown);
});

describe("states", () => {
  const states: UsageRules = {
    FAULT: conditionWith({ test: "above", threshold: 50 }),
    WORKING: conditionWith({ threshold: 45 }),
    IDLE: conditionWith({ threshold: 12 }),
  };

  test("fault goes before working, working before idle, and off is what is left", () => {
    const { WORKING, IDLE } = states;
    expect(play("RRR", { rules: states }).meter.state).toBe("FAULT");
    expect(play("RRR", { rules: { WORKING: WORKING!, IDLE: IDLE! } }).meter.state).toBe("WORKING");
    expect(play("iii", { rules: states }).meter.state).toBe("IDLE");
    expect(play("...", { rules: states }).meter.state).toBe("OFF");
  });

  test("without rules all time is unknown", () => {
    const { meter, registers } = play("RRRR", { rules: {} });
    expect(meter.state).toBe("UNKNOWN");
    expect(registers).toEqual({ ...ZERO_REGISTERS, unknown: 4_000 });
  });

  test("a fault counts from its first sample to the first without it", () => {
    const { registers } = play("..RR..", { rules: { FAULT: conditionWith() } });
    expect(registers).toMatchObject({ off: 3_000, fault: 2_000 });
  });

  test("the fall from work to idle is idle from the first idle sample", () => {
    const { registers, transitions } = play("RRiii", {
      rules: { WORKING: states.WORKING!, IDLE: states.IDLE! },
    });
    expect(registers).toMatchObject({ working: 2_000, idle: 2_000, unknown: 1_000 });
    expect(transitions.map(({ from, to, at }) => [from, to, at])).toEqual([
      ["UNKNOWN", "WORKING", 1_000],
      ["WORKING", "IDLE", 3_000],
    ]);
  });

  test("a transition carries the registers of its own instant", () => {
    const { transitions } = play("..RRR..");
    expect(transitions.map(({ to, at, registers }) => [to, at, registers.working])).toEqual([
      ["OFF", 1_000, 0],
      ["WORKING", 3_000, 0],
      ["OFF", 6_000, 3_000],
    ]);
  });

  test("where one of several signals is bad the state is unknown, whatever the others say", () => {
    const meter = meterWith({
      FAULT: conditionWith({ signal: 1 }),
      WORKING: conditionWith({ signal: 0 }),
    });
    for (const at of [1_000, 2_000, 3_000]) {
      feed(meter, 0, 60, at);
      if (at < 3_000) feed(meter, 1, 60, at);
      else for (const track of meter.tracksOf(1)) track.bad(at);
      meter.settle(at);
    }
    expect(meter.registers).toMatchObject({ unknown: 2_000, fault: 1_000, working: 0 });
    expect(meter.state).toBe("UNKNOWN");
  });
});

describe("events", () => {
  test.each([
    { name: "a start is from off to running", timeline: "..RR..RR", starts: 2, loads: 2 },
    {
      name: "what runs when it is first seen has not started",
      timeline: "RRR",
      starts: 0,
      loads: 0,
    },
    { name: "a bad sample in the middle is no load", timeline: "..RRxRRxRR", starts: 1, loads: 1 },
    { name: "unknown time hides no start", timeline: "..xRR", starts: 1, loads: 1 },
    { name: "how long a start must last is minOn's word", timeline: "..R..", starts: 1, loads: 1 },
  ])("$name", ({ timeline, starts, loads }) => {
    expect(play(timeline).registers).toMatchObject({ starts, loads });
  });
});

describe("several signals", () => {
  const rules: UsageRules = {
    WORKING: {
      all: [conditionWith(), conditionWith({ signal: 1, threshold: 1, staleMs: 10_000 })],
    },
  };

  test("time is posted as far as the slowest one has spoken", () => {
    const meter = meterWith(rules);
    feed(meter, 1, 2, 0);
    for (let at = 0; at <= 4_000; at += 500) feed(meter, 0, 60, at);
    meter.settle(4_100);
    expect(meter.settledAt).toBe(0);
    feed(meter, 1, 2, 4_000);
    meter.settle(4_200);
    expect(meter.settledAt).toBe(4_000);
    expect(meter.registers.working).toBe(4_000);
  });

  test("what a slow signal said holds until it says something else", () => {
    const meter = meterWith(rules);
    feed(meter, 1, 2, 0);
    feed(meter, 1, 2, 2_000);
    for (let at = 0; at <= 5_000; at += 500) feed(meter, 0, 60, at);
    feed(meter, 1, 0, 5_000);
    meter.settle(5_000);
    expect(meter.registers).toMatchObject({ working: 5_000, off: 0 });
  });

  test("features that arrive after the tick still lead to known time", () => {
    const meter = meterWith({ WORKING: conditionWith() });
    const lagMs = 1_300;
    for (let now = 0; now <= 20_000; now += 100) {
      const at = now - lagMs;
      if (at >= 0 && at % 1_000 === 0) feed(meter, 0, 60, at);
      if (now % 250 === 0) meter.settle(now);
    }
    // What was given up before the first window came is the only time that is lost.
    expect(meter.registers.unknown).toBeLessThanOrEqual(lagMs);
    expect(meter.registers.working + meter.registers.unknown).toBe(meter.settledAt);
    expect(meter.settledAt).toBe(18_000);
  });

  test("a slow signal cannot make fast changes overflow into a wrong state", () => {
    const meter = meterWith({
      WORKING: conditionWith(),
      STANDBY: conditionWith({ signal: 1, threshold: 1, staleMs: 1e9 }),
    });
    feed(meter, 1, 0, 0);
    let at = 0;
    for (let change = 0; change < 3_000; change++) {
      for (const value of [60, 60, 0, 0]) {
        at += 10;
        feed(meter, 0, value, at);
      }
      meter.settle(at);
    }
    feed(meter, 1, 0, at);
    meter.settle(at);
    const { working, off, unknown } = meter.registers;
    expect(working + off + unknown).toBe(at);
    // 512 spells of 20 ms of work fit into 1,024 changes; the rest is unclear.
    expect(working).toBeGreaterThan(10_000);
    expect(working).toBeLessThanOrEqual(10_240);
    expect(unknown).toBeGreaterThan(at / 2);
    for (const value of [60, 60]) {
      at += 10;
      feed(meter, 0, value, at);
    }
    feed(meter, 1, 0, at);
    meter.settle(at);
    expect(meter.state).toBe("WORKING");
    expect(meter.registers.working).toBe(working + 10);
  });
});

describe("awkward samples", () => {
  test("of two samples in one millisecond the later one holds", () => {
    const meter = meterWith({ WORKING: conditionWith() });
    feed(meter, 0, 0, 1_000);
    feed(meter, 0, 60, 2_000);
    feed(meter, 0, 0, 2_000);
    feed(meter, 0, 0, 3_000);
    meter.settle(3_000);
    expect(meter.registers).toMatchObject({ working: 0, off: 2_000, starts: 0 });
  });

  test("a sample that comes out of order is passed over", () => {
    const meter = meterWith({ WORKING: conditionWith() });
    feed(meter, 0, 60, 1_000);
    feed(meter, 0, 60, 3_000);
    feed(meter, 0, 0, 2_000);
    for (const track of meter.tracksOf(0)) track.bad(2_500);
    feed(meter, 0, 60, 4_000);
    meter.settle(4_000);
    expect(meter.registers.working).toBe(3_000);
  });

  test("a sample from before a bad one makes no pair with one after it", () => {
    const meter = meterWith({ WORKING: conditionWith() });
    for (const track of meter.tracksOf(0)) track.bad(1_000);
    feed(meter, 0, 60, 500);
    feed(meter, 0, 60, 2_000);
    meter.settle(2_000);
    expect(meter.registers.working).toBe(0);
  });

  test("a change that comes late has lasted as long as its samples were apart", () => {
    const meter = meterWith({ WORKING: conditionWith({ minOffMs: 1_000 }) });
    meter.settle(5_000);
    for (const [value, at] of [
      [60, 2_000],
      [0, 2_500],
      [0, 3_500],
      [60, 5_500],
    ] as const) {
      feed(meter, 0, value, at);
    }
    meter.settle(5_500);
    expect(meter.registers).toMatchObject({ working: 0, off: 500, unknown: 5_000 });
  });

  test("a late bad sample breaks the pair even where the time was given up", () => {
    const meter = meterWith({ WORKING: conditionWith() });
    meter.settle(10_000);
    feed(meter, 0, 60, 7_000);
    for (const track of meter.tracksOf(0)) track.bad(8_000);
    feed(meter, 0, 60, 10_500);
    feed(meter, 0, 60, 11_000);
    meter.settle(11_000);
    expect(meter.registers).toMatchObject({ working: 500, unknown: 10_500 });
  });
});

test("time that nobody observed but whose length is certain is unknown", () => {
  const meter = new UsageMeter({}, 5_000, { ...ZERO_REGISTERS, working: 7, loads: 3 }, () => {});
  meter.addUnobserved(400);
  meter.settle(6_000);
  expect(meter.registers).toEqual({ ...ZERO_REGISTERS, working: 7, loads: 3, unknown: 1_400 });
});

test("the deciding signals are those of all rules, each once", () => {
  const rules = {
    FAULT: conditionWith({ signal: 4 }),
    IDLE: { any: [conditionWith({ signal: 2 }), conditionWith({ signal: 4 })] },
  };
  expect(decidingSignals(rules)).toEqual([4, 2]);
});

function meterWith(rules: UsageRules): UsageMeter {
  return new UsageMeter(rules, 0, ZERO_REGISTERS, () => {});
}

function feed(meter: UsageMeter, signal: number, value: number, at: number): void {
  for (const track of meter.tracksOf(signal)) track.good(value, at);
}
