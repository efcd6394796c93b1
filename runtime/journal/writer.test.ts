// The writing connection: how it syncs, and what a refused batch leaves behind.

import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { GOOD } from "../signal/quality.ts";
import { scratchDirectory } from "../testing/scratch-directory.ts";
import { openForReading, openForWriting } from "./database.ts";
import { JournalReader } from "./reader.ts";
import { RowBatch, type SealedBatch } from "./row-batch.ts";
import { JournalWriter } from "./writer.ts";

const WAL_AND_FULL = ["wal", 2];

function samples(count: number): SealedBatch {
  const batch = new RowBatch();
  batch.code.fill(GOOD, 0, count);
  const timebase = { boot: "boot-1", utcOffset: null, tq: "U", err: null } as const;
  return { buffer: batch.buffer, count, bodies: new Map(), timebase };
}

test("each commit is synced: the package's own default in WAL mode would be NORMAL", () => {
  using scratch = scratchDirectory();
  const path = scratch.at("journal.sqlite");
  for (let life = 0; life < 2; life++) {
    const database = openForWriting(path, "epoch-1");
    const mode = database.pragma("journal_mode", { simple: true });
    expect([mode, database.pragma("synchronous", { simple: true })]).toEqual(WAL_AND_FULL);
    database.close();
  }
  const plain = new Database(path);
  expect(plain.pragma("synchronous", { simple: true })).toBe(1);
  plain.close();
});

test("the reading connection cannot write", () => {
  using scratch = scratchDirectory();
  const path = scratch.at("journal.sqlite");
  openForWriting(path, "epoch-1").close();
  const database = openForReading(path);
  expect(() => database.exec("DELETE FROM records")).toThrow(/readonly|query_only/);
  database.close();
});

test("a batch is in the file as a whole or not at all", () => {
  using scratch = scratchDirectory();
  const path = scratch.at("journal.sqlite");
  const writer = new JournalWriter({ path, epoch: "e", signals: ["flow"], sizeMax: 1e9 });
  const reader = new JournalReader(path);
  writer.append(samples(3));
  // The eighth row of the journal cannot be written.
  const other = new Database(path);
  other.exec(`CREATE TRIGGER full BEFORE INSERT ON records WHEN new.seq = 8
              BEGIN SELECT raise(ABORT, 'the disk is full'); END`);
  expect(() => writer.append(samples(5))).toThrow("the disk is full");
  expect(reader.page(0, 100, {}).to).toBe(3);
  expect(writer.committed).toMatchObject({ oldest: 1, newest: 3 });
  other.exec("DROP TRIGGER full");
  other.close();
  expect(writer.append(samples(5))).toMatchObject({ newest: 8 });
  expect(reader.page(0, 100, {}).records).toHaveLength(8);
  reader.close();
  writer.close();
});

test("a quota's drop that was rolled back has dropped nothing", () => {
  using scratch = scratchDirectory();
  const path = scratch.at("journal.sqlite");
  const writer = new JournalWriter({ path, epoch: "e", signals: ["flow"], sizeMax: 1 });
  writer.append(samples(1_000));
  const other = new Database(path);
  other.exec(`CREATE TRIGGER broken BEFORE INSERT ON gaps
              BEGIN SELECT raise(ABORT, 'the disk is broken'); END`);
  expect(() => writer.append(samples(10))).toThrow("the disk is broken");
  expect(writer.committed).toMatchObject({ oldest: 1, newest: 1_000 });
  other.exec("DROP TRIGGER broken");
  other.close();
  const { oldest } = writer.append(samples(10));
  expect(oldest).toBeGreaterThan(1);
  const reader = new JournalReader(path);
  expect(reader.page(0, 10, {}).gap).toMatchObject({
    to: oldest - 1,
    counts: { value: oldest - 1 },
  });
  reader.close();
  writer.close();
});

test("a reader's page is one moment of the journal, whatever the quota drops meanwhile", () => {
  using scratch = scratchDirectory();
  const path = scratch.at("journal.sqlite");
  const writer = new JournalWriter({ path, epoch: "e", signals: ["flow"], sizeMax: 60_000 });
  const reader = new JournalReader(path);
  let position = 0;
  for (let commit = 0; commit < 300; commit++) {
    writer.append(samples(50));
    const page = reader.page(position, 20, {});
    expect(page.from).toBe(position + 1);
    if (page.gap) expect(page.records).toEqual([]);
    else expect(page.records).toHaveLength(page.to - page.from + 1);
    position = page.to;
  }
  reader.close();
  writer.close();
});
