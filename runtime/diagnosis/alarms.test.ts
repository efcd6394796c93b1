// When an alarm is raised and cleared: limits, delays, hysteresis, and data that are bad.

import { describe, expect, test } from "vitest";
import { conditionWith } from "../testing/usage-timeline.ts";
import type { Expression } from "../usage/condition.ts";
import { type AlarmDefinition, LimitAlarms, priorityOf } from "./alarms.ts";

const HOT = conditionWith({ threshold: 105, hysteresis: 5, minOnMs: 3_000, staleMs: 4_000 });
const FEVER: Readonly<Record<string, number>> = { H: 110, "~": 102, c: 90 };

function alarmOn(when: Expression): AlarmDefinition {
  return {
    name: "dischargeHot",
    when,
    severity: 700,
    ne107: "out-of-specification",
    priority: "high",
    latch: false,
    text: "The discharge air is too hot.",
  };
}

function bookOf(when: Expression) {
  const changes: string[] = [];
  const book = new LimitAlarms([alarmOn(when)], 0, ({ state, at }) =>
    changes.push(`${state}@${at}`),
  );
  const feed = (signal: number, value: number | null, at: number) => {
    for (const track of book.tracksOf(signal)) {
      if (value === null) track.bad(at);
      else track.good(value, at);
    }
  };
  return { book, changes, feed };
}

/**
 * One letter each second: `H` hot, `~` inside the hysteresis, `c` cool, `x` bad, a space is
 * silence.
 */
function play(timeline: string, when: Expression = HOT): readonly string[] {
  const { book, changes, feed } = bookOf(when);
  [...timeline].forEach((letter, index) => {
    const at = (index + 1) * 1_000;
    if (letter !== " ") feed(0, letter === "x" ? null : FEVER[letter]!, at);
    book.settle(at);
  });
  return changes;
}

const SURE = { ...HOT, minOnMs: 0 };

test.each([
  {
    name: "is raised after its delay, since its first sample",
    timeline: "ccHHHH",
    said: ["active@3000"],
  },
  { name: "is not raised by what did not last", timeline: "ccHHHc", said: [] },
  { name: "is not cleared inside its hysteresis", timeline: "HHHH~~~", said: ["active@1000"] },
  {
    name: "is cleared beyond its hysteresis",
    timeline: "HHHH~c",
    said: ["active@1000", "cleared@6000"],
  },
  { name: "is not raised by bad data", timeline: "ccxxxxxx", said: [] },
  { name: "is not cleared by bad data", timeline: "HHHHxxxx", said: ["active@1000"] },
  { name: "is not cleared by silence", timeline: "HHHH        ", said: ["active@1000"] },
  {
    name: "is cleared by the first good sample after bad ones",
    timeline: "HHHHxxc",
    said: ["active@1000", "cleared@7000"],
  },
  { name: "begins its delay anew after a bad sample", timeline: "cHHxHHHH", said: ["active@5000"] },
])("an alarm $name", ({ timeline, said }) => {
  expect(play(timeline)).toEqual(said);
});

test("an alarm without a delay is raised by its first sample", () => {
  expect(play("cH", SURE)).toEqual(["active@2000"]);
});

describe("an alarm on several signals", () => {
  const both: Expression = { all: [SURE, { ...SURE, signal: 1 }] };

  test("is dated when the last of them became true, in whatever order they stand", () => {
    const { book, changes, feed } = bookOf(both);
    feed(1, 110, 500);
    feed(0, 90, 600);
    feed(0, 110, 1_500);
    feed(1, 110, 1_600);
    book.settle(2_000);
    expect(changes).toEqual(["active@1500"]);
  });

  test("reports every change between two looks, in order", () => {
    const { book, changes, feed } = bookOf({ any: [SURE, { ...SURE, signal: 1 }] });
    feed(0, 90, 100);
    feed(1, 90, 100);
    feed(0, 110, 200);
    feed(0, 90, 300);
    feed(1, 110, 400);
    feed(1, 90, 500);
    book.settle(1_000);
    expect(changes).toEqual(["active@200", "cleared@300", "active@400", "cleared@500"]);
  });

  test("does not wait for the slower one, and never dates a change before the last", () => {
    const { book, changes, feed } = bookOf({
      all: [SURE, { ...SURE, signal: 1, minOffMs: 2_000 }],
    });
    feed(1, 110, 1_000);
    feed(1, 90, 3_000);
    feed(0, 110, 4_000);
    book.settle(4_000);
    feed(1, 90, 5_000);
    book.settle(5_000);
    expect(changes).toEqual(["active@4000", "cleared@4000"]);
  });

  test("stays as it was while one of them is bad and the others do not decide", () => {
    const { book, changes, feed } = bookOf(both);
    feed(0, 110, 100);
    feed(1, 110, 100);
    book.settle(200);
    feed(1, null, 300);
    book.settle(400);
    expect(changes).toEqual(["active@100"]);
    feed(0, 90, 500);
    book.settle(600);
    expect(changes).toEqual(["active@100", "cleared@500"]);
  });
});

test.each([
  [1, "low"],
  [250, "low"],
  [251, "medium"],
  [500, "medium"],
  [750, "high"],
  [751, "urgent"],
  [1_000, "urgent"],
])("a severity of %d is of %s priority where nobody says otherwise", (severity, priority) => {
  expect(priorityOf(severity)).toBe(priority);
});

test("it names what is active and since when", () => {
  const { book, feed } = bookOf(SURE);
  feed(0, 110, 700);
  book.settle(1_000);
  expect(book.active).toEqual([{ alarm: alarmOn(SURE), since: 700 }]);
  feed(0, 90, 1_500);
  book.settle(2_000);
  expect(book.active).toEqual([]);
});
