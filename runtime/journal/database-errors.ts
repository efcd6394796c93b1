// What an error of SQLite says about the file: whether it is damaged, whether another file would do
// better, and why it cannot be opened. The journal and the ledger judge alike.

import { reasonOf } from "../signal/fault.ts";

/** The file is damaged: what SQLite says of its pages, and what it says of a table that is gone. */
export function isCorrupt(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code !== "string") return false;
  if (/^SQLITE_(CORRUPT|NOTADB|IOERR_READ|IOERR_SHORT_READ)/.test(code)) return true;
  return code === "SQLITE_ERROR" && /^no such (table|column)/.test(String(message));
}

/** What another file would suffer from as well: a full disk, a lock, a right that is missing. */
const NOT_THE_FILE =
  /^SQLITE_(FULL|READONLY|BUSY|LOCKED|CANTOPEN|PERM|AUTH|NOMEM|IOERR_(WRITE|FSYNC|NOMEM))/;

/**
 * At the start another file does better than any that cannot be used. A file of a later format is
 * whole, and stays.
 */
export function isUselessAtOpen(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && code.startsWith("SQLITE_") && !NOT_THE_FILE.test(code);
}

/** SQLite says no more than that it cannot open it. */
export function whyUnusable(error: unknown, path: string): string {
  const { code } = error as { code?: unknown };
  if (typeof code !== "string" || !code.startsWith("SQLITE_CANTOPEN")) return reasonOf(error);
  return `${path} cannot be opened: it is a directory, or this user may not write it`;
}
