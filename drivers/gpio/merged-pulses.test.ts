// Pulses for which the kernel was interrupted and made one edge of two.

import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { RecordingSink } from "../shared/test-rig.ts";
import { interruptsOf } from "./interrupts.ts";
import { CountPoint, PointSink, RatePoint } from "./points.ts";

/** A line that has interrupted so often at each report: `i3` says so, `e2` is edge number 2. */
function play(script: string) {
  const sink = new RecordingSink();
  const parts = { sink: new PointSink(sink, 0), title: "pulses (GPIO17)" };
  const count = new CountPoint(parts, 0);
  const rate = new RatePoint({
    ...parts,
    sink: new PointSink(sink, 1),
    factor: 1,
    windowMs: 1_000,
    timeoutMs: 5_000,
    startedAt: 0,
  });
  let at = 0;
  for (const word of script.split(" ")) {
    const number = Number(word.slice(1));
    if (word.startsWith("e")) {
      at += 10;
      for (const point of [count, rate]) point.edge(1, at, number);
      continue;
    }
    at += 100;
    const interrupts = word === "i?" ? null : number;
    const line = { level: () => 0 as const, interrupts: () => interrupts };
    count.report(at, false, line);
    rate.report(at, false, line);
  }
  return { counts: sink.values(0), rates: sink.values(1), sum: count.sum };
}

describe("a count", () => {
  const cases = [
    {
      name: "is that of the edges where nothing was merged",
      script: "e1 e2 i2 e3 i3",
      counts: [2, 3],
    },
    { name: "has the pulses of which no edge was told", script: "e1 i2 e2 i4", counts: [2, 4] },
    {
      name: "is not raised by an edge that is told late",
      script: "i1 e1 i1 e2 i2",
      counts: [1, 2],
    },
    {
      name: "does without interrupts where they are hidden",
      script: "e1 i? e2 i?",
      counts: [1, 2],
    },
    { name: "never falls when they are hidden later", script: "e1 i3 i? e2 i?", counts: [3] },
    {
      name: "leaves out what the queue had no room for",
      script: "e1 i1 e4 i4",
      counts: [1, "overrun"],
    },
  ];
  test.each(cases)("$name", ({ script, counts }) => {
    expect(play(script).counts).toEqual(counts);
  });

  test("that is handed on between an interrupt and its edge counts it once", () => {
    expect(play("i1 e1").sum).toBe(1);
  });
});

test("a rate is measured anew where edges were merged", () => {
  expect(play("e1 i3 e2 i5 e3 i6").rates).toContain("overrun");
  expect(play("e1 i1 e2 i2 e3 i3").rates).not.toContain("overrun");
});

test("the interrupts of one holder are the sum of its row", () => {
  using scratch = scratchDirectory();
  const file = scratch.at("interrupts");
  const rows = [
    "           CPU0       CPU1       ",
    " 11:      71000        204     GICv2  30 Level     arch_timer",
    " 45:        500          7  pinctrl-bcm2711  17 Edge      telltale gpiochip0 17",
    " 46:          9          0  9030000.pl061   1 Edge      telltale gpiochip0 1",
    " 47:          3          0  gpiochip1   2 Edge      shared, telltale gpiochip1 2",
  ];
  writeFileSync(file, `${rows.join("\n")}\n`);
  const holders = ["gpiochip0 17", "gpiochip0 1", "gpiochip1 2", "gpiochip0 7"];
  expect(holders.map((holder) => interruptsOf(`telltale ${holder}`, file))).toEqual([
    507,
    9,
    null,
    null,
  ]);
  expect(interruptsOf("telltale gpiochip0 17", scratch.at("absent"))).toBe(null);
});
