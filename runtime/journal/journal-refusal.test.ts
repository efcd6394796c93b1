// A disk that refuses: what waits in memory, in which order it is written, and what a close does.
// The refusal is SQLite's own, from a trigger that another connection puts there and takes away.

import Database from "better-sqlite3";
import { describe, expect, test, vi } from "vitest";
import { silentLog } from "../signal/log.ts";
import { GOOD } from "../signal/quality.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { openJournal, walk } from "../testing/journal-rig.ts";
import { scratchDirectory } from "../testing/scratch-directory.ts";
import { BATCH_ROWS_MAX } from "./row-batch.ts";
import { BATCHES_WAITING_MAX } from "./row-queue.ts";

const RETRY_MS = 2_000;

function fillDisk(path: string): { heal(): void } {
  const other = new Database(path);
  other.exec(`CREATE TRIGGER full BEFORE INSERT ON records
              BEGIN SELECT raise(ABORT, 'the disk is full'); END`);
  return {
    heal() {
      other.exec("DROP TRIGGER full");
      other.close();
    },
  };
}

async function refusingJournal(path: string) {
  const clock = new FakeClock();
  const refusals: string[] = [];
  const log = {
    ...silentLog,
    error: (message: string, fields: object = {}) =>
      void refusals.push(`${message}: ${JSON.stringify(fields)}`),
  };
  const journal = await openJournal(path, { clock, timers: clock, log });
  const refused = (times: number) =>
    vi.waitFor(() => expect(refusals.length).toBeGreaterThanOrEqual(times), {
      timeout: 10_000,
      interval: 5,
    });
  return { journal, clock, refusals, refused };
}

describe("a batch that the disk refuses", () => {
  test("is tried again, in its order, until the disk takes it", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("journal.sqlite");
    const { journal, clock, refused } = await refusingJournal(path);
    const disk = fillDisk(path);
    for (let value = 1; value <= 5; value++) {
      journal.sample(0, value, GOOD, value);
      journal.record("boot", { name: "boot", detail: { value } }, value);
      await Promise.resolve();
    }
    await refused(1);
    clock.advance(RETRY_MS);
    await refused(2);
    expect(journal.pressure).toEqual({ pendingRows: 10, droppedRows: 0 });
    expect((await walk(journal)).records).toEqual([]);
    disk.heal();
    const flushed = journal.flush();
    clock.advance(RETRY_MS);
    await flushed;
    const { records } = await walk(journal);
    expect(records.map(({ seq, mono }) => [seq, mono])).toEqual(
      Array.from({ length: 10 }, (_, index) => [index + 1, Math.floor(index / 2) + 1]),
    );
    expect(journal.pressure).toEqual({ pendingRows: 0, droppedRows: 0 });
    await journal.close();
  });

  test("lets half a million samples wait, however often a commit was due meanwhile", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("journal.sqlite");
    const { journal, clock, refused } = await refusingJournal(path);
    const disk = fillDisk(path);
    const rows = 20_000;
    for (let row = 1; row <= rows; row++) {
      journal.sample(0, row, GOOD, row);
      // A commit falls due after each two hundred samples.
      if (row % 200 === 0) clock.advance(1_000);
    }
    await refused(1);
    expect(journal.pressure).toEqual({ pendingRows: rows, droppedRows: 0 });
    disk.heal();
    const flushed = journal.flush();
    clock.advance(RETRY_MS);
    await flushed;
    const { records } = await walk(journal, {}, rows);
    expect(records.map(({ mono }) => mono)).toEqual(
      Array.from({ length: rows }, (_, index) => index + 1),
    );
    await journal.close();
  });

  test("beyond that drops what comes, and says in sequence how much", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("journal.sqlite");
    const { journal, clock, refused } = await refusingJournal(path);
    const disk = fillDisk(path);
    journal.sample(0, 0, GOOD, 0);
    const flushed = journal.flush();
    const waiting = (BATCHES_WAITING_MAX + 1) * BATCH_ROWS_MAX;
    for (let row = 1; row <= waiting + 77; row++) journal.sample(0, row, GOOD, row);
    expect(journal.pressure).toEqual({ pendingRows: waiting + 1, droppedRows: 77 });
    await refused(1);
    disk.heal();
    clock.advance(RETRY_MS);
    await flushed;
    await journal.flush();
    journal.sample(0, 1, GOOD, waiting + 100);
    await journal.flush();
    expect(journal.committed.newest).toBe(waiting + 3);
    const page = await journal.page(waiting + 1, 10, {});
    expect(page.records.map((text) => JSON.parse(text))).toMatchObject([
      { kind: "journal", name: "rows-dropped", detail: { rows: 77 } },
      { kind: "sample", mono: waiting + 100 },
    ]);
    await journal.close();
  });

  test("does not keep a close waiting for ever, and is named in the log", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("journal.sqlite");
    const { journal, clock, refusals, refused } = await refusingJournal(path);
    const disk = fillDisk(path);
    journal.record("boot", { name: "boot", detail: {} }, 1);
    await refused(1);
    const closed = journal.close();
    clock.advance(10_000);
    await closed;
    expect(refusals.at(-1)).toContain('"pendingRows":1');
    expect(clock.pendingCalls).toBe(0);
    disk.heal();
  });
});
