import { describe, expect, test } from "vitest";
import { requiresPython } from "../testing/requires.ts";
import { askScipy } from "../testing/scipy.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { noise, sine, waveOf, worst } from "../testing/waves.ts";
import { BUTTERWORTH_ORDER_MAX, butterworth, gainAt } from "./butterworth.ts";
import { filtfilt, filtfiltPadding, SosFilter, ZeroPhaseFilter } from "./sos-filter.ts";

const RATE = 1_000;
const ORDERS = Array.from({ length: BUTTERWORTH_ORDER_MAX }, (_, index) => index + 1);
const KINDS = [
  { kind: "low-pass", corners: 80, theirs: "lowpass" },
  { kind: "high-pass", corners: 80, theirs: "highpass" },
  { kind: "band-pass", corners: [40, 180], theirs: "bandpass" },
  { kind: "band-pass", corners: [100, 102], theirs: "bandpass" },
] as const;

describe.each(KINDS)("a Butterworth $kind at $corners Hz", ({ kind, corners }) => {
  test.each(ORDERS)("of order %i halves the power at its corners and is flat inside", (order) => {
    const sections = butterworth(order, kind, corners, RATE);
    for (const corner of [corners].flat()) {
      expect(gainAt(sections, corner, RATE)).toBeCloseTo(Math.SQRT1_2, 8);
    }
    const warp = (hertz: number) => Math.tan((Math.PI * hertz) / RATE);
    for (let hertz = 1; hertz < 500; hertz += 7) {
      // The definition: 1 ÷ √(1 + v²ⁿ), with v the prototype's frequency.
      const [low, high] = [corners].flat().map(warp) as [number, number];
      const at = warp(hertz);
      const prototype = {
        "low-pass": at / low,
        "high-pass": low / at,
        "band-pass": (at * at - low * high) / (at * (high - low)),
      }[kind];
      const expected = 1 / Math.sqrt(1 + prototype ** (2 * order));
      expect(gainAt(sections, hertz, RATE), `at ${hertz} Hz`).toBeCloseTo(expected, 8);
    }
  });
});

test("samples run as in SciPy, streaming and with zero phase", (context) => {
  const python = requiresPython(context, "scipy");
  const samples = noise(600, new SeededRandom(5));
  const orders = [1, 2, 3, 4, 7];
  const designs = KINDS.flatMap((design) => orders.map((order) => ({ ...design, order })));
  const answers = askScipy(
    python,
    { x: [...samples], designs },
    `answer = []
x = np.array(given["x"])
for d in given["designs"]:
    s = signal.butter(d["order"], d["corners"], d["theirs"], fs=1000, output="sos")
    answer.append([signal.sosfilt(s, x).tolist(), signal.sosfiltfilt(s, x).tolist()])`,
  ) as [number[], number[]][];
  for (const [index, { kind, corners, order }] of designs.entries()) {
    const name = `${kind} of order ${order} at ${corners} Hz`;
    const sections = butterworth(order, kind, corners, RATE);
    const found = new Float64Array(samples.length);
    new SosFilter(sections).run(samples, samples.length, found);
    expect(worst(found, answers[index]![0]), name).toBeLessThan(1e-9);
    filtfilt(sections, samples, found);
    expect(worst(found, answers[index]![1]), name).toBeLessThan(1e-8);
  }
});

test("the sections of order 2 are those that the bilinear transform gives by hand", () => {
  // A quarter of the rate warps to 1: b = (1, 2, 1) ÷ (2 + √2), a = (1, 0, (2 − √2) ÷ (2 + √2)).
  const found = butterworth(2, "low-pass", 250, 1_000);
  const gain = 1 / (2 + Math.SQRT2);
  expect(worst(found, [gain, 2 * gain, gain, 0, (2 - Math.SQRT2) * gain])).toBeLessThan(1e-15);
});

test("a signal in pieces is filtered like the whole", () => {
  const samples = noise(1_000, new SeededRandom(8));
  const sections = butterworth(4, "band-pass", [40, 180], RATE);
  const whole = new Float64Array(1_000);
  new SosFilter(sections).run(samples, 1_000, whole);
  const filter = new SosFilter(sections);
  const pieces: number[] = [];
  for (let at = 0; at < 1_000; at += 37) {
    const piece = samples.slice(at, at + 37);
    filter.run(piece, piece.length, piece);
    pieces.push(...piece);
  }
  expect(worst(pieces, whole)).toBe(0);
});

test("a settled filter has no step response, and reset forgets", () => {
  const filter = new SosFilter(butterworth(5, "low-pass", 20, RATE));
  const level = new Float64Array(200).fill(7);
  const found = new Float64Array(200);
  filter.settle(7);
  filter.run(level, 200, found);
  expect(worst(found, level)).toBeLessThan(1e-9);
  filter.reset();
  filter.run(level, 1, found);
  expect(Math.abs(found[0]!)).toBeLessThan(0.1);
});

test("zero phase leaves a sine where it is, at the squared gain", () => {
  const samples = waveOf(2_000, sine(20, RATE));
  const sections = butterworth(4, "low-pass", 30, RATE);
  const found = new Float64Array(2_000);
  new ZeroPhaseFilter(sections, 2_000).run(samples, 2_000, found);
  const gain = gainAt(sections, 20, RATE) ** 2;
  const expected = samples.map((value) => gain * value);
  expect(worst(found, expected, 200, 1_800)).toBeLessThan(1e-6);
});

test("zero phase refuses a window that is shorter than its padding", () => {
  const sections = butterworth(4, "low-pass", 30, RATE);
  expect(filtfiltPadding(sections)).toBe(15);
  const short = new Float64Array(15);
  expect(() => filtfilt(sections, short, short)).toThrow("too short");
});
