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
  const lines: string[] = [];
  const tell = (message: string, fields: object = {}) =>
    void lines.push(`${message}: ${JSON.stringify(fields)}`);
  const log = { ...silentLog, error: tell, warn: tell };
  const journal = await openJournal(path, { clock, timers: clock, log });
  /** Two calls wait then: the next commit and the next try. */
  const refused = () =>
    vi.waitFor(() => expect(clock.pendingCalls).toBe(2), { timeout: 10_000, interval: 5 });
  return { journal, clock, lines, refused };
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
    await refused();
    clock.advance(RETRY_MS);
    await refused();
    expect(journal.pressure).toMatchObject({ pendingRows: 10, droppedRows: 0 });
    expect((await walk(journal)).records).toEqual([]);
    disk.heal();
    const flushed = journal.flush();
    clock.advance(RETRY_MS);
    await flushed;
    await journal.flush();
    const { records } = await walk(journal);
    expect(records.slice(0, 10).map(({ seq, mono }) => [seq, mono])).toEqual(
      Array.from({ length: 10 }, (_, index) => [index + 1, Math.floor(index / 2) + 1]),
    );
    expect(journal.pressure).toEqual({ pendingRows: 0, droppedRows: 0, refusal: null });
    await journal.close();
  });

  test("is told of while it lasts, and put on record when it has ended", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("journal.sqlite");
    const { journal, clock, lines, refused } = await refusingJournal(path);
    const disk = fillDisk(path);
    expect(journal.pressure.refusal).toBeNull();
    clock.advance(500);
    journal.record("boot", { name: "boot", detail: {} }, clock.mono());
    await refused();
    // Thirty-one tries, of which the log has the first and the one after a minute.
    for (let tries = 0; tries < 30; tries++) {
      clock.advance(RETRY_MS);
      await refused();
    }
    const reason = "the disk is full";
    expect(journal.pressure.refusal).toEqual({ since: 500, reason });
    journal.sample(0, 1, GOOD, clock.mono());
    disk.heal();
    const flushed = journal.flush();
    clock.advance(RETRY_MS);
    await flushed;
    await journal.flush();
    expect(journal.pressure).toEqual({ pendingRows: 0, droppedRows: 0, refusal: null });
    const { records } = await walk(journal);
    expect(records.map(({ kind }) => kind)).toEqual(["boot", "sample", "journal"]);
    const detail = { refusedMs: 62_000, waitedRows: 2 };
    expect(records[2]).toMatchObject({ mono: 62_500, name: "written-again", detail });
    expect(lines).toEqual([
      expect.stringMatching(
        /^the journal could not be written: .*the disk is full.*"refusedMs":0}/,
      ),
      expect.stringMatching(/^the journal could not be written: .*"refusedMs":60000}/),
      `the journal is written again: ${JSON.stringify(detail)}`,
    ]);
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
    await refused();
    expect(journal.pressure).toMatchObject({ pendingRows: rows, droppedRows: 0 });
    disk.heal();
    const flushed = journal.flush();
    clock.advance(RETRY_MS);
    await flushed;
    const { records } = await walk(journal, {}, rows);
    expect(records.slice(0, rows).map(({ mono }) => mono)).toEqual(
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
    expect(journal.pressure).toMatchObject({ pendingRows: waiting + 1, droppedRows: 77 });
    await refused();
    disk.heal();
    clock.advance(RETRY_MS);
    await flushed;
    await journal.flush();
    journal.sample(0, 1, GOOD, waiting + 100);
    await journal.flush();
    expect(journal.committed.newest).toBe(waiting + 4);
    const page = await journal.page(waiting + 1, 10, {});
    expect(page.records.map((text) => JSON.parse(text))).toMatchObject([
      { kind: "journal", name: "rows-dropped", detail: { rows: 77 } },
      { kind: "journal", name: "written-again" },
      { kind: "sample", mono: waiting + 100 },
    ]);
    await journal.close();
  });

  test("does not keep a close waiting for ever, and is named in the log", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("journal.sqlite");
    const { journal, clock, lines, refused } = await refusingJournal(path);
    const disk = fillDisk(path);
    journal.record("boot", { name: "boot", detail: {} }, 1);
    await refused();
    const closed = journal.close();
    clock.advance(10_000);
    await closed;
    expect(lines.at(-1)).toContain('"pendingRows":1');
    expect(clock.pendingCalls).toBe(0);
    disk.heal();
  });
});
