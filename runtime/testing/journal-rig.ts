// A journal in a scratch directory with real threads and a clock that stands still: what tests of
// the journal, and of what reads it, need.

import { Journal, type JournalOptions } from "../journal/journal.ts";
import type { JournalRecord, RecordFilter, RecordPage } from "../journal/record.ts";
import { silentLog } from "../signal/log.ts";
import { FakeClock } from "./fake-clock.ts";
import { spawnWorkerThread } from "./storage-threads.ts";

const RIG_SIGNALS = ["flow", 'a "quoted" name', "level"] as const;

export function journalOptions(
  path: string,
  changes: Partial<JournalOptions> = {},
): JournalOptions {
  const clock = new FakeClock();
  return {
    path,
    epoch: "epoch-1",
    signals: RIG_SIGNALS,
    sizeMax: 1e9,
    commitEveryMs: 1_000,
    clock,
    timers: clock,
    log: silentLog,
    spawn: spawnWorkerThread,
    onCommitted() {},
    onFailure(error) {
      throw error;
    },
    ...changes,
  };
}

export async function openJournal(
  path: string,
  changes: Partial<JournalOptions> = {},
): Promise<Journal> {
  const journal = new Journal(journalOptions(path, changes));
  await journal.open();
  return journal;
}

/**
 * All pages from the beginning on, as a reader walks them; each begins where the last one ended.
 */
export async function walk(
  journal: Pick<Journal, "page">,
  filter: RecordFilter = {},
  limit = 1_000,
): Promise<{ records: JournalRecord[]; pages: RecordPage[] }> {
  const records: JournalRecord[] = [];
  const pages: RecordPage[] = [];
  for (let position = 0; ; ) {
    const page = await journal.page(position, limit, filter);
    if (page.from !== position + 1) throw new Error(`page at ${page.from} after ${position}`);
    if (page.to < page.from) return { records, pages };
    pages.push(page);
    records.push(...page.records.map((text) => JSON.parse(text) as JournalRecord));
    position = page.to;
  }
}
