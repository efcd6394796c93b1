// What edges mean: holes in their numbers, storms, contacts that bounce, pulses per second.

import { describe, expect, test } from "vitest";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { Debouncer } from "./debouncer.ts";
import { EdgeSequence } from "./edge-sequence.ts";
import { EdgeStorm } from "./edge-storm.ts";
import { PulseRate } from "./pulse-rate.ts";

describe("the numbers of edges", () => {
  const cases = [
    { name: "without a hole", numbers: [1, 2, 3], lost: [0, 0, 0] },
    { name: "whose first are missing", numbers: [4, 5], lost: [3, 0] },
    { name: "with holes", numbers: [1, 3, 1_003], lost: [0, 1, 999] },
    { name: "of a kernel that gives none", numbers: [null, null], lost: [0, 0] },
  ];
  test.each(cases)("$name", ({ numbers, lost }) => {
    const sequence = new EdgeSequence();
    expect(numbers.map((number) => sequence.lostBefore(number))).toEqual(lost);
  });

  test("begin again after 32 bits", () => {
    const sequence = new EdgeSequence();
    sequence.lostBefore(0xffff_fffe);
    expect([0xffff_ffff, 0, 2].map((number) => sequence.lostBefore(number))).toEqual([0, 0, 1]);
  });
});

describe("a storm", () => {
  test("is none while edges come as often as a machine makes them", () => {
    const storm = new EdgeStorm();
    const edges = Array.from({ length: 5_000 }, (_, index) => storm.take(index * 6));
    expect(edges).not.toContain(true);
  });

  test("a burst of a second's worth of edges is none yet", () => {
    const storm = new EdgeStorm();
    const edges = Array.from({ length: 201 }, () => storm.take(1_000));
    expect(edges.indexOf(true)).toBe(200);
  });

  test("goes on while edges come nearly as fast, and is over in a second without", () => {
    const storm = new EdgeStorm();
    for (let edge = 0; edge < 1_000; edge++) storm.take(edge);
    expect(storm.isOver(1_000)).toBe(false);
    expect(storm.take(1_500)).toBe(true);
    expect(storm.isOver(1_900)).toBe(false);
    expect(storm.isOver(2_010)).toBe(true);
    expect(storm.take(2_011)).toBe(false);
  });

  test("that is told late, with instants that go back, is one as well", () => {
    const storm = new EdgeStorm();
    storm.take(5_000);
    expect(Array.from({ length: 300 }, (_, at) => storm.take(4_000 - at)).at(-1)).toBe(true);
  });
});

describe("a contact that bounces", () => {
  function bounce(levels: readonly (readonly [atMs: number, level: 0 | 1])[]) {
    const clock = new FakeClock();
    const settled: [number, number][] = [];
    const debouncer = new Debouncer({
      timers: clock,
      debounceMs: 20,
      initial: 0,
      settled: (level) => settled.push([clock.mono(), level]),
    });
    for (const [atMs, level] of levels) {
      clock.advance(atMs - clock.mono());
      debouncer.seen(level);
    }
    clock.advance(100);
    debouncer.close();
    expect(clock.pendingCalls).toBe(0);
    return settled;
  }

  test("a look finds the change whose edge never came, and disturbs none that waits", () => {
    const clock = new FakeClock();
    const settled: number[][] = [];
    const debouncer = new Debouncer({
      timers: clock,
      debounceMs: 20,
      initial: 0,
      settled: (level) => settled.push([clock.mono(), level]),
    });
    debouncer.looked(0);
    expect(clock.pendingCalls).toBe(0);
    debouncer.seen(1);
    for (let look = 0; look < 4; look++) {
      clock.advance(5);
      debouncer.looked(1);
    }
    debouncer.looked(0);
    clock.advance(50);
    expect(settled).toEqual([
      [20, 1],
      [40, 0],
    ]);
  });

  const cases = [
    {
      name: "settles once, when it has held",
      levels: [
        [10, 1],
        [11, 0],
        [12, 1],
        [15, 0],
        [18, 1],
      ],
      settled: [[38, 1]],
    },
    {
      name: "back to where it was has said nothing",
      levels: [
        [10, 1],
        [29, 0],
      ],
      settled: [],
    },
    {
      name: "is late by the same at both ends",
      levels: [
        [10, 1],
        [500, 0],
      ],
      settled: [
        [30, 1],
        [520, 0],
      ],
    },
  ] as const;
  test.each(cases)("$name", ({ levels, settled }) => {
    expect(bounce(levels)).toEqual(settled);
  });
});

describe("pulses per second", () => {
  const limits = { windowMs: 1_000, timeoutMs: 5_000 };

  /** Looks each 100 ms at a line that pulses at these times; gives the last of the figures. */
  function figures(pulses: readonly number[], untilMs: number): (number | null)[] {
    const rate = new PulseRate(limits, 0);
    const waiting = [...pulses];
    const said: (number | null)[] = [];
    for (let now = 100; now <= untilMs; now += 100) {
      while (waiting.length > 0 && waiting[0]! <= now) rate.pulse(waiting.shift()!);
      said.push(rate.at(now));
    }
    return said;
  }

  const every = (periodMs: number, count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => from + (index + 1) * periodMs);

  test("are not known before two pulses, and 0 after the timeout", () => {
    expect(figures([], 4_900).at(-1)).toBeNull();
    expect(figures([], 5_000).at(-1)).toBe(0);
    expect(figures([300], 5_200).at(-1)).toBeNull();
    expect(figures([300], 5_300).at(-1)).toBe(0);
  });

  const steady = [
    { name: "fast", periodMs: 0.37 },
    { name: "middling", periodMs: 33.3 },
    { name: "slower than the window", periodMs: 1_700 },
    { name: "nearly as slow as the timeout", periodMs: 4_900 },
  ];
  test.each(steady)("are exact for a $name machine", ({ periodMs }) => {
    const count = Math.ceil(15_000 / periodMs);
    const said = figures(every(periodMs, count), 14_900);
    expect(said.at(-1)).toBeCloseTo(1_000 / periodMs, 6);
  });

  test("follow a machine that turns faster, within the window", () => {
    const slow = every(100, 20);
    const fast = every(10, 200, 2_000);
    expect(figures([...slow, ...fast], 3_200).at(-1)).toBeCloseTo(100, 6);
  });

  test("fall while the next pulse does not come", () => {
    const said = figures(every(100, 20), 8_000);
    expect(said[19]).toBeCloseTo(10, 6);
    expect(said[20]).toBeCloseTo(10, 6);
    expect(said[24]).toBeCloseTo(2, 6);
    expect(said[39]).toBeCloseTo(0.5, 6);
    expect(said[69]).toBe(0);
  });

  test("begin anew after a standstill, without the pause as a period", () => {
    const said = figures([...every(100, 20), 9_050, 9_150], 9_200);
    expect(said[89]).toBe(0);
    expect(said[90]).toBe(0);
    expect(said[91]).toBeCloseTo(10, 6);
  });

  test("do not reach across pulses that were lost", () => {
    const rate = new PulseRate(limits, 0);
    for (const at of [100, 200, 300]) rate.pulse(at);
    rate.restart(300);
    rate.pulse(800);
    expect(rate.at(850)).toBeNull();
    rate.pulse(810);
    expect(rate.at(850)).toBeCloseTo(1_000 / 40, 6);
  });

  test("hundreds of thousands take no memory of their own", () => {
    const rate = new PulseRate(limits, 0);
    for (let at = 0; at < 60_000; at++) {
      for (let part = 0; part < 10; part++) rate.pulse(at + part / 10);
      if (at % 20 === 0) rate.at(at);
    }
    expect(rate.marks).toBeLessThanOrEqual(53);
    expect(rate.at(60_000)).toBeCloseTo(10_000, 3);
  });
});
