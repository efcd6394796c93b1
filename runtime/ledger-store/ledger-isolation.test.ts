// Journal and ledger have threads and files of their own: what holds up the one is not felt by the
// other.

import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { GOOD } from "../signal/quality.ts";
import { openJournal } from "../testing/journal-rig.ts";
import { openLedger } from "../testing/ledger-rig.ts";
import { scratchDirectory } from "../testing/scratch-directory.ts";

test("leaves are committed while the journal waits for its disk", async () => {
  using scratch = scratchDirectory();
  const journalPath = scratch.at("journal.sqlite");
  const journal = await openJournal(journalPath);
  const { ledger, writer } = await openLedger(scratch.at("ledger.sqlite"));
  const held = new Database(journalPath);
  held.exec("BEGIN IMMEDIATE");
  journal.sample(0, 1, GOOD, 1);
  const journaled = journal.flush();
  for (let leaf = 0; leaf < 20; leaf++) {
    writer.leaves(1);
    await ledger.flush();
  }
  expect(ledger.committedSize).toBe(20);
  expect(journal.pressure.pendingRows).toBe(1);
  held.exec("ROLLBACK");
  held.close();
  await journaled;
  await Promise.all([journal.close(), ledger.close()]);
});
