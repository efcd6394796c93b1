// The last hour of slow signals: what is kept, what is passed over, and what a reader sees of it.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HISTORY_MS, HistoryReader, HistoryWriter, historyLayout } from "./history-ring.ts";

const SEED = 20_261_123;

function historyOf(...everyMs: number[]) {
  const writer = new HistoryWriter(historyLayout(everyMs));
  const reader = new HistoryReader(writer.layout, writer.buffer);
  const read = (signal: number, most = 10_000) => {
    const values = new Float64Array(most);
    const instants = new Float64Array(most);
    const count = reader.copy(signal, values, instants);
    return { values: [...values.subarray(0, count)], instants: [...instants.subarray(0, count)] };
  };
  return { writer, read };
}

describe("the history of slow signals", () => {
  test("has nothing before the first sample", () => {
    expect(historyOf(1_000).read(0)).toEqual({ values: [], instants: [] });
  });

  test("keeps each signal's samples apart, oldest first", () => {
    const { writer, read } = historyOf(1_000, 5_000);
    writer.keep(0, 1, 0);
    writer.keep(1, 10, 100);
    writer.keep(0, 2, 1_000);
    expect(read(0)).toEqual({ values: [1, 2], instants: [0, 1_000] });
    expect(read(1)).toEqual({ values: [10], instants: [100] });
  });

  test("keeps about one sample a second of a faster signal", () => {
    const { writer, read } = historyOf(100);
    for (let at = 0; at < 3_000; at += 100) writer.keep(0, at, at);
    expect(read(0).values).toEqual([0, 900, 1_800, 2_700]);
  });

  test("shows a bad sample as a hole", () => {
    const { writer, read } = historyOf(1_000);
    writer.keep(0, Number.NaN, 0);
    writer.keep(0, 7, 1_000);
    expect(read(0).values).toEqual([Number.NaN, 7]);
  });

  test("keeps a sample that comes a little early", () => {
    const { writer, read } = historyOf(1_000);
    for (const at of [0, 980, 2_010, 2_990]) writer.keep(0, at, at);
    expect(read(0).values).toEqual([0, 980, 2_010, 2_990]);
  });

  test("holds an hour of a signal, and the newest of what does not fit its reader", () => {
    const { writer, read } = historyOf(1_000);
    const count = HISTORY_MS / 900 + 50;
    for (let index = 0; index < count; index++) writer.keep(0, index, index * 900);
    const { values, instants } = read(0);
    expect(values).toHaveLength(4_000);
    expect([values[0], values.at(-1)]).toEqual([50, count - 1]);
    expect(instants.at(-1)! - instants[0]!).toBe(HISTORY_MS - 900);
    expect(read(0, 3).values).toEqual([count - 3, count - 2, count - 1]);
  });

  test("gives what a list that is cut to its length would give", () => {
    const law = (everyMs: number, steps: readonly number[]) => {
      const { writer, read } = historyOf(everyMs);
      const model: number[] = [];
      let at = 0;
      let keptAt = -Infinity;
      for (const step of steps) {
        at += step;
        writer.keep(0, at, at);
        if (at - keptAt >= writer.layout.apartMs[0]!) {
          model.push(at);
          keptAt = at;
        }
      }
      expect(read(0).values).toEqual(model.slice(-writer.layout.slots[0]!));
    };
    const steps = fc.array(fc.integer({ min: 1, max: 2_000_000 }), { maxLength: 200 });
    fc.assert(fc.property(fc.integer({ min: 10, max: 900_000 }), steps, law), { seed: SEED });
  });
});
