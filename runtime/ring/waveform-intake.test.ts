import { describe, expect, test } from "vitest";
import { createRing, RingReader } from "./ring.ts";
import { WaveformIntake } from "./waveform-intake.ts";

interface Window {
  readonly end: number;
  readonly at: number;
}

/** 1,000 samples per second, so that a sample is a millisecond; windows of ten. */
function intakeOf(options: { ringSamples?: number; scale?: number } = {}) {
  const windows: Window[] = [];
  const ring = createRing(options.ringSamples ?? 64);
  const intake = new WaveformIntake({
    ring,
    scale: options.scale ?? 1,
    rate: 1_000,
    windowSamples: 10,
    windowComplete: (end, at) => windows.push({ end, at }),
  });
  const feed = (count: number, at: number) => intake.block(new Float32Array(count), count, at);
  return { ring, intake, windows, feed };
}

describe("the intake of a waveform", () => {
  const cases = [
    {
      name: "says nothing before a window is full",
      blocks: [[9, 109]],
      windows: [],
    },
    {
      name: "gives a window the instant of its last sample",
      blocks: [
        [9, 109],
        [4, 113],
      ],
      windows: [{ end: 10, at: 110 }],
    },
    {
      name: "finds every window in a large block",
      blocks: [[35, 135]],
      windows: [
        { end: 10, at: 110 },
        { end: 20, at: 120 },
        { end: 30, at: 130 },
      ],
    },
    {
      name: "never gives an instant before the one given last, however late a block comes",
      blocks: [
        [10, 500],
        [30, 505],
      ],
      windows: [
        { end: 10, at: 500 },
        { end: 20, at: 500 },
        { end: 30, at: 500 },
        { end: 40, at: 505 },
      ],
    },
  ] as const;
  test.each(cases)("$name", ({ blocks, windows: expected }) => {
    const { windows, feed } = intakeOf();
    for (const [count, at] of blocks) feed(count, at);
    expect(windows).toEqual(expected);
  });

  test("gives up the window that a gap interrupts", () => {
    const { windows, feed, intake } = intakeOf();
    feed(9, 109);
    intake.gap();
    feed(9, 209);
    expect(windows).toEqual([]);
    feed(1, 210);
    expect(windows).toEqual([{ end: 19, at: 210 }]);
  });

  test("takes a block that is larger than its ring; the newest samples stand in it", () => {
    const { ring, intake, windows } = intakeOf({ ringSamples: 4, scale: 0.5 });
    intake.block(
      Float32Array.from({ length: 21 }, (_, index) => index),
      21,
      121,
    );
    const into = new Float32Array(4);
    expect(new RingReader(ring.buffer).copyEndingAt(21, 4, into)).toBe(true);
    expect([...into]).toEqual([8.5, 9, 9.5, 10]);
    expect(windows).toHaveLength(2);
  });

  test("keeps the instant of the newest sample in the ring, in whole milliseconds", () => {
    const { ring, feed } = intakeOf();
    feed(3, 103.9);
    expect(new RingReader(ring.buffer).newest()).toEqual({ position: 3, at: 103 });
  });
});
