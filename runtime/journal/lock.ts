// The lock on a data directory: two meters would count every hour twice. SQLite's own file lock
// does it, because the kernel takes it back when the process dies, however it dies.

import { dirname } from "node:path";
import Database from "better-sqlite3";
import { Fault, reasonOf } from "../signal/fault.ts";

/** A lock whose holder forgot about it must not be let go by the garbage collector. */
const HELD = new Set<Database.Database>();

/** The lock's file is no lock any more. It holds nothing: put aside, it is made anew. */
export class LockCorrupt extends Error {}

/**
 * Holds the lock until `release`; throws a `DATA_LOCKED` fault where another process holds it.
 * @param holder what it is that runs there, for the message.
 */
export function lockDataDirectory(lockFile: string, holder = "meter"): { release(): void } {
  let database: Database.Database | undefined;
  try {
    database = new Database(lockFile, { timeout: 0 });
    database.pragma("journal_mode = DELETE");
    database.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    database?.close();
    const { code } = cause as { code?: unknown };
    if (code === "SQLITE_NOTADB" || code === "SQLITE_CORRUPT") {
      throw new LockCorrupt(`${lockFile} is damaged`, { cause });
    }
    if (code === "SQLITE_BUSY") {
      throw new Fault(
        "DATA_LOCKED",
        `another ${holder} is running on the data directory ${dirname(lockFile)}`,
        "stop it first, or give this one a directory of its own with --data",
        { cause },
      );
    }
    throw new Fault(
      "DATA_UNUSABLE",
      `the lock ${lockFile} cannot be taken: ${reasonOf(cause)}`,
      "look at the rights and the free space of the data directory",
      { cause },
    );
  }
  const held = database;
  HELD.add(held);
  return {
    release: () => {
      HELD.delete(held);
      held.close();
    },
  };
}
