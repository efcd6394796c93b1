// The ledger's file: how it is opened and what stands in it. Only the ledger thread comes here, and
// whoever reads a copy.

import Database from "better-sqlite3";

export type LedgerDatabase = Database.Database;
export type Statement = Database.Statement<unknown[]>;

const SCHEMA_VERSION = 1;

/**
 * Everything but the checkpoints is only ever appended, and the triggers see to it: a leaf that was
 * changed or taken away would be found by whoever holds a checkpoint, but nobody could restore it.
 */
const SCHEMA = `
  -- seq is the index in the tree. utc_max is the latest wall time of this leaf and all before it:
  -- it never falls, so that the first leaf at or after a date is found without an index.
  CREATE TABLE leaves (
    seq INTEGER PRIMARY KEY, type TEXT NOT NULL, utc_max INTEGER, text TEXT NOT NULL
  );
  CREATE INDEX leaves_of_type ON leaves (type);
  -- Roots of complete subtrees, in the order in which they become known: see stored-nodes.ts.
  CREATE TABLE nodes (at INTEGER PRIMARY KEY, hash BLOB NOT NULL CHECK (length(hash) = 32));
  -- Signed notes, with the cosignatures that came since.
  CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, note TEXT NOT NULL);
  ${["leaves", "nodes"].map(appendOnly).join("")}
  CREATE TRIGGER leaves_in_order BEFORE INSERT ON leaves
    WHEN NEW.seq IS NOT (SELECT ifnull(max(seq), -1) + 1 FROM leaves)
    BEGIN SELECT raise(ABORT, 'a leaf follows the last one'); END;
  CREATE TRIGGER nodes_in_order BEFORE INSERT ON nodes
    WHEN NEW.at IS NOT (SELECT ifnull(max(at), -1) + 1 FROM nodes)
    BEGIN SELECT raise(ABORT, 'a node follows the last one'); END;
  CREATE TRIGGER checkpoints_stay BEFORE DELETE ON checkpoints
    BEGIN SELECT raise(ABORT, 'a checkpoint stays'); END;
`;

function appendOnly(table: string): string {
  return `
    CREATE TRIGGER ${table}_not_changed BEFORE UPDATE ON ${table}
      BEGIN SELECT raise(ABORT, 'what is in the ledger stays as it is'); END;
    CREATE TRIGGER ${table}_not_deleted BEFORE DELETE ON ${table}
      BEGIN SELECT raise(ABORT, 'what is in the ledger stays'); END;
  `;
}

/** How long a write waits for somebody who reads the file with another program. */
const BUSY_TIMEOUT_MS = 5_000;

/** A newer program wrote the file: it is whole, and stays where it is. */
class LaterFormat extends Error {}

/**
 * Opens the ledger for writing, making it where there is none. `synchronous` must be set by hand:
 * the library is built with NORMAL as the default in WAL mode, which loses acknowledged commits.
 */
export function openForWriting(path: string): LedgerDatabase {
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    guard(database);
    if (versionOf(database) === 0) make(database);
  } catch (error) {
    // A file that cannot be used is set aside: nobody may hold on to it.
    database.close();
    throw error;
  }
  return database;
}

/** Opens a ledger that must exist, to look only. */
export function openForReading(path: string): LedgerDatabase {
  const database = new Database(path, {
    readonly: true,
    fileMustExist: true,
    timeout: BUSY_TIMEOUT_MS,
  });
  try {
    guard(database);
    if (versionOf(database) === 0) throw new Error("it holds no ledger");
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/** A copy may come from anybody: what its schema says is not run, and its pages are looked at. */
function guard(database: LedgerDatabase): void {
  database.pragma("trusted_schema = OFF");
  database.pragma("cell_size_check = ON");
}

function versionOf(database: LedgerDatabase): number {
  const version = database.pragma("user_version", { simple: true }) as number;
  if (version > SCHEMA_VERSION) {
    throw new LaterFormat(`the ledger has format ${version}; this program knows ${SCHEMA_VERSION}`);
  }
  return version;
}

function make(database: LedgerDatabase): void {
  database.transaction(() => {
    database.exec(SCHEMA);
    database.pragma(`user_version = ${SCHEMA_VERSION}`);
  })();
}
