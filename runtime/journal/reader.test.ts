// Pages: bounds, filters, and the ranges that prove a filtered reader complete. And what the quota
// does to them.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { codeOf, GOOD } from "../signal/quality.ts";
import { walk } from "../testing/journal-rig.ts";
import { type ScratchDirectory, scratchDirectory } from "../testing/scratch-directory.ts";
import { JournalReader } from "./reader.ts";
import type { RecordFilter, RecordPage } from "./record.ts";
import { KINDS, type Kind } from "./record.ts";
import { RowBatch, type SealedBatch } from "./row-batch.ts";
import { JournalWriter } from "./writer.ts";

const SIGNALS = ["flow", 'oil "pressure", it\'s 100%', "level"];
const TIMEBASE = { boot: "boot-1", utcOffset: 0, tq: "S", err: 1 } as const;

let scratch: ScratchDirectory;
let writer: JournalWriter;
let reader: JournalReader;

function open(sizeMax: number): void {
  const path = scratch.at("journal.sqlite");
  writer = new JournalWriter({ path, epoch: "epoch-1", signals: SIGNALS, sizeMax });
  reader = new JournalReader(path);
}

beforeEach(() => {
  scratch = scratchDirectory();
  open(1e9);
});

afterEach(() => {
  reader.close();
  writer.close();
  scratch[Symbol.dispose]();
});

/** A sample of a signal by its position, or another kind by its name with a text. */
type Row = number | readonly [Kind, string];

function batchOf(rows: readonly Row[]): SealedBatch {
  const batch = new RowBatch();
  const bodies = new Map<number, string>();
  rows.forEach((row, index) => {
    const kind = typeof row === "number" ? "sample" : row[0];
    batch.kind[index] = KINDS.findIndex(([name]) => name === kind);
    batch.mono[index] = index;
    if (typeof row === "number") {
      batch.signal[index] = row;
      batch.value[index] = index / 2;
      batch.code[index] = index % 2 === 0 ? GOOD : codeOf("timeout");
    } else {
      bodies.set(index, JSON.stringify({ name: "event", detail: { text: row[1] } }));
    }
  });
  return { buffer: batch.buffer, count: rows.length, bodies, timebase: TIMEBASE };
}

function append(...rows: Row[]) {
  return writer.append(batchOf(rows));
}

const seqsOf = (page: RecordPage) => page.records.map((text) => JSON.parse(text).seq as number);

describe("a page", () => {
  test("of an empty journal says that nothing is there yet", () => {
    expect(reader.page(0, 10, {})).toEqual({ from: 1, to: 0, records: [] });
  });

  test("after the newest record says that nothing is there yet", () => {
    append(0, 1, 2);
    expect(reader.page(3, 10, {})).toEqual({ from: 4, to: 3, records: [] });
    expect(reader.page(900, 10, {})).toEqual({ from: 901, to: 900, records: [] });
  });

  test("holds what follows its position, at most its limit", () => {
    append(...Array.from({ length: 10 }, () => 0));
    const page = reader.page(2, 3, {});
    expect([page.from, page.to, seqsOf(page)]).toEqual([3, 5, [3, 4, 5]]);
    const rest = reader.page(5, 100, {});
    expect([rest.from, rest.to, seqsOf(rest)]).toEqual([6, 10, [6, 7, 8, 9, 10]]);
  });

  test("that ends exactly at the newest record ends there", () => {
    append(0, 0, 0);
    const page = reader.page(0, 3, {});
    expect([page.to, seqsOf(page)]).toEqual([3, [1, 2, 3]]);
  });

  test("holds at least one record, whatever limit was asked for", () => {
    append(0, 0);
    for (const limit of [0, -5]) expect(seqsOf(reader.page(0, limit, {}))).toEqual([1]);
  });

  test("of long texts ends before it is too long, and goes on from there", async () => {
    const text = "x".repeat(130_000);
    append(...Array.from({ length: 7 }, (): Row => ["command", text]));
    expect(seqsOf(reader.page(0, 100, {}))).toEqual([1, 2]);
    const { records } = await walkReader();
    expect(records.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test("with one text longer than a page holds that text", () => {
    append(["command", "x".repeat(2_000_000)], 0);
    expect(seqsOf(reader.page(0, 100, {}))).toEqual([1]);
  });

  test("looks at a bounded number of records, and says how far it looked", async () => {
    for (let batch = 0; batch < 6; batch++) append(...Array.from({ length: 8_000 }, () => 0));
    append(["boot", "rare"]);
    const filter = { kinds: ["boot"] };
    const pages = (await walkReader(filter)).pages.map(({ from, to, records }) => {
      return [from, to, records.length];
    });
    expect(pages).toEqual([
      [1, 20_000, 0],
      [20_001, 40_000, 0],
      [40_001, 48_001, 1],
    ]);
  });
});

describe("a filter", () => {
  beforeEach(() => {
    append(0, 1, ["boot", "up"], 2, ["command", "stop"], 1, ["boot", "up"]);
  });

  test.each<[string, RecordFilter, readonly number[]]>([
    ["by kind", { kinds: ["boot"] }, [3, 7]],
    ["by several kinds", { kinds: ["boot", "command"] }, [3, 5, 7]],
    ["by signal", { signals: ["flow"] }, [1]],
    ["by a name with quotes in it", { signals: [SIGNALS[1]!] }, [2, 6]],
    ["by kind and signal", { kinds: ["sample"], signals: ["flow", "level"] }, [1, 4]],
    ["by a kind that does not exist", { kinds: ["nonsense"] }, []],
    ["by a signal that does not exist", { signals: ["nonsense"] }, []],
    ["by no kind at all", { kinds: [] }, []],
  ])("%s passes what it names and looks at everything", (_, filter, seqs) => {
    const page = reader.page(0, 100, filter);
    expect([page.from, page.to, seqsOf(page)]).toEqual([1, 7, seqs]);
  });

  test("with a limit ends at its last record and goes on behind it", async () => {
    const first = reader.page(0, 1, { kinds: ["boot"] });
    expect([first.to, seqsOf(first)]).toEqual([3, [3]]);
    const { records, pages } = await walkReader({ kinds: ["boot"] }, 1);
    expect(records.map(({ seq }) => seq)).toEqual([3, 7]);
    expect(pages.at(-1)!.to).toBe(7);
  });
});

describe("the quota", () => {
  /** Rows with long texts, so that little is enough to be over it. */
  const long = (count: number) =>
    Array.from(
      { length: count },
      (_, row): Row => (row % 3 === 0 ? 0 : ["command", "x".repeat(400)]),
    );

  beforeEach(() => {
    reader.close();
    writer.close();
    open(200_000);
  });

  test("drops the oldest, counts them by class in a gap, and numbers go on", async () => {
    let committed = writer.committed;
    for (let batch = 0; batch < 60; batch++) committed = append(...long(30));
    expect(committed.newest).toBe(1_800);
    expect(committed.oldest).toBeGreaterThan(1);
    const { records, pages } = await walkReader();
    const [first, ...rest] = pages;
    expect(first).toMatchObject({ from: 1, to: committed.oldest - 1, records: [] });
    const { gap } = first!;
    expect(gap).toMatchObject({ from: 1, to: committed.oldest - 1, reason: "quota" });
    const { value = 0, event = 0, ...others } = gap!.counts;
    expect(value + event).toBe(committed.oldest - 1);
    expect(Math.abs(event - 2 * value)).toBeLessThanOrEqual(2);
    expect(others).toEqual({});
    expect(rest.every((page) => page.gap === undefined)).toBe(true);
    expect(records.map(({ seq }) => seq)).toEqual(
      Array.from({ length: 1_801 - committed.oldest }, (_, index) => committed.oldest + index),
    );
  });

  test("keeps the file near its size, and most of what fits into it", () => {
    for (let batch = 0; batch < 200; batch++) append(...long(30));
    const { bytes, oldest, newest } = writer.committed;
    // The size is looked at every sixteen commits, of which each brings 11 kB here.
    expect(bytes).toBeLessThan(200_000 + 16 * 11_000);
    expect(newest - oldest).toBeGreaterThan(300);
  });

  test("tells a reader in the middle of a gap where the records begin again", () => {
    for (let batch = 0; batch < 60; batch++) append(...long(30));
    const { oldest } = writer.committed;
    expect(reader.page(5, 10, {})).toMatchObject({ from: 6, to: oldest - 1, gap: { from: 1 } });
  });

  test("is remembered by the next life", () => {
    for (let batch = 0; batch < 60; batch++) append(...long(30));
    const before = writer.committed;
    reader.close();
    writer.close();
    open(1e9);
    expect(writer.epoch).toBe("epoch-1");
    expect(writer.committed).toMatchObject({ oldest: before.oldest, newest: before.newest });
    expect(append(0).newest).toBe(before.newest + 1);
  });

  test("never drops the batch that exceeds it", () => {
    append(0);
    append(...Array.from({ length: 100 }, (): Row => ["command", "x".repeat(10_000)]));
    append(0);
    const { oldest, newest } = writer.committed;
    expect(newest).toBe(102);
    expect(oldest).toBeLessThanOrEqual(newest);
  });
});

function walkReader(filter: RecordFilter = {}, limit = 1_000) {
  const page = async (position: number, pageLimit: number, pageFilter: RecordFilter) =>
    reader.page(position, pageLimit, pageFilter);
  return walk({ page }, filter, limit);
}
