import { describe, expect, test } from "vitest";
import { compare, figure, median, notRun, perSecond } from "./harness.ts";
import { header, jsonOf, rowOf } from "./table.ts";

/** Gives the numbers one by one and notes in `order` that it was asked. */
function giving(numbers: readonly number[], name = "", order: string[] = []) {
  let at = 0;
  return () => {
    order.push(name);
    return numbers[at++]!;
  };
}

const line = { line: "samples", unit: "/s", better: "higher", goal: 0.5 } as const;

describe("a comparison", () => {
  test("runs ours and the peer's in turn, and warms both up", async () => {
    const order: string[] = [];
    await compare({
      ...line,
      ours: giving([1, 1, 1], "A", order),
      peer: { name: "peer", run: giving([1, 1, 1], "B", order) },
      rounds: 2,
    });
    expect(order.join("")).toBe("ABABAB");
  });

  test("takes the ratio of each round, not of the medians", async () => {
    const measured = await compare({
      ...line,
      ours: giving([10, 40, 30]),
      peer: { name: "peer", run: giving([20, 40, 10]) },
      rounds: 3,
      warmUpRounds: 0,
    });
    expect(measured).toMatchObject({
      ours: 30,
      peer: { value: 20 },
      ratio: { median: 1, min: 0.5, max: 3 },
      met: true,
      notRun: null,
    });
  });

  test.each([
    { better: "higher", goal: 0.5, met: true },
    { better: "higher", goal: 0.51, met: false },
    { better: "lower", goal: 0.5, met: true },
    { better: "lower", goal: 0.49, met: false },
  ] as const)("with $better better and a goal of $goal is met: $met", async (wanted) => {
    const measured = await compare({
      ...line,
      ...wanted,
      ours: () => 5,
      peer: { name: "peer", run: () => 10 },
      rounds: 1,
    });
    expect(measured.met).toBe(wanted.met);
  });

  test("with a missing peer measures ours and judges nothing", async () => {
    const peer = { name: "mbpoll", run: "is not installed" };
    const measured = await compare({ ...line, ours: () => 5, peer, rounds: 1 });
    expect(measured).toMatchObject({ ours: 5, ratio: null, met: null });
    expect(rowOf(measured)).toContain("not run: mbpoll: is not installed");
    expect(jsonOf(measured)).toEqual({
      line: "samples",
      ours: 5,
      peer: null,
      ratio: null,
      goal: 0.5,
      met: null,
    });
  });

  test("without a peer holds our own figure against the goal", async () => {
    const measured = await compare({ ...line, goal: 4, ours: () => 5, peer: null, rounds: 1 });
    expect(measured).toMatchObject({ ours: 5, peer: null, ratio: null, met: true });
  });
});

test("a figure is held against its bound", () => {
  const memory = { line: "resident memory", unit: "1", better: "lower", goal: 90 } as const;
  expect(figure({ ...memory, ours: 90 }).met).toBe(true);
  expect(figure({ ...memory, ours: 90.1 }).met).toBe(false);
  expect(notRun(memory, "no plant").met).toBeNull();
});

test("a median is the middle one, or lies between the two middle ones", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(() => median([])).toThrow("the median of nothing");
});

test("work per second is counted when the work has ended", async () => {
  let ended = false;
  const rate = await perSecond(10, async () => {
    await new Promise((resolve) => setImmediate(resolve));
    ended = true;
  });
  expect(ended).toBe(true);
  expect(rate).toBeGreaterThan(0);
});

test("the table fits 100 columns", async () => {
  const measured = await compare({
    ...line,
    line: "scalar samples through intake, usage and journal batching per core",
    ours: () => 1_234_567.891,
    peer: { name: "better-sqlite3", run: () => 987_654.321 },
    rounds: 3,
  });
  const rows = `${header()}\n${rowOf(measured)}`.split("\n");
  expect(Math.max(...rows.map((row) => row.length))).toBeLessThanOrEqual(100);
  expect(rows.join("\n")).toContain("1 234 568");
  expect(rows.join("\n")).toContain("1.25 (1.25–1.25)");
});
