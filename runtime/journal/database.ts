// The journal's file: how it is opened and what stands in it. Only the storage threads come here.

import Database from "better-sqlite3";

export type JournalDatabase = Database.Database;
export type Statement = Database.Statement<unknown[]>;

const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE signals (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  -- How monotonic times are dated; a new row whenever the clock or its quality changes.
  CREATE TABLE timebases (
    id INTEGER PRIMARY KEY, boot TEXT NOT NULL, utc_offset INTEGER, tq TEXT NOT NULL, err INTEGER
  );
  -- seq has no holes but those in gaps. kind is an index into KINDS (record.ts).
  CREATE TABLE records (
    seq INTEGER PRIMARY KEY, timebase INTEGER NOT NULL, mono INTEGER NOT NULL,
    kind INTEGER NOT NULL, signal INTEGER, value REAL, code INTEGER, body TEXT
  );
  CREATE INDEX records_of_kind ON records (kind, seq) WHERE signal IS NULL;
  CREATE TABLE gaps (
    first INTEGER PRIMARY KEY, last INTEGER NOT NULL, reason TEXT NOT NULL, counts TEXT NOT NULL
  );
  CREATE TABLE consumers (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
`;

/**
 * How long a writer waits for a reader's checkpoint; far below what the queue in memory can hold.
 */
const BUSY_TIMEOUT_MS = 5_000;

/** A database that lacks what makes it a journal. */
export class NoJournal extends Error {}

/**
 * Opens the journal for writing, making it where there is none. `synchronous` must be set by hand:
 * the library is built with NORMAL as the default in WAL mode, which loses acknowledged commits.
 *
 * @param epoch the id of the journal if it has to be made.
 */
export function openForWriting(path: string, epoch: string): JournalDatabase {
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    const version = database.pragma("user_version", { simple: true }) as number;
    if (version === 0) make(database, epoch);
    else if (version !== SCHEMA_VERSION) {
      throw new Error(`the journal has format ${version}; this program knows ${SCHEMA_VERSION}`);
    }
  } catch (error) {
    // A file that cannot be used is set aside: nobody may hold on to it.
    database.close();
    throw error;
  }
  return database;
}

function make(database: JournalDatabase, epoch: string): void {
  database.transaction(() => {
    database.exec(SCHEMA);
    database.prepare("INSERT INTO about VALUES ('epoch', ?)").run(epoch);
    database.pragma(`user_version = ${SCHEMA_VERSION}`);
  })();
}

/** Opens the journal for the reading thread; it must exist. */
export function openForReading(path: string): JournalDatabase {
  const database = new Database(path, {
    readonly: true,
    fileMustExist: true,
    timeout: BUSY_TIMEOUT_MS,
  });
  database.pragma("query_only = ON");
  return database;
}

export function epochOf(database: JournalDatabase): string {
  const row = database.prepare("SELECT value FROM about WHERE key = 'epoch'").get();
  if (row === undefined) throw new NoJournal("the journal has lost its id");
  return (row as { value: string }).value;
}
