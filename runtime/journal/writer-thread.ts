// Entry of the storage thread: owns the journal's writing connection. A sync on a worn card can
// take a second; it takes it here, where nobody counts hours.

import { parentPort, workerData } from "node:worker_threads";
import { reasonOf } from "../signal/fault.ts";
import { NoJournal } from "./database.ts";
import type { FromWriter, ToWriter } from "./thread-messages.ts";
import { JournalWriter, type JournalWriterOptions } from "./writer.ts";

const port = parentPort!;

function say(message: FromWriter, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

/** The file is damaged: what SQLite says of its pages, and what it says of a table that is gone. */
function isCorrupt(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code !== "string") return false;
  if (/^SQLITE_(CORRUPT|NOTADB|IOERR_READ|IOERR_SHORT_READ)/.test(code)) return true;
  return code === "SQLITE_ERROR" && /^no such (table|column)/.test(String(message));
}

/** What another file would suffer from as well: a full disk, a lock, a right that is missing. */
const NOT_THE_FILE =
  /^SQLITE_(FULL|READONLY|BUSY|LOCKED|CANTOPEN|PERM|AUTH|NOMEM|IOERR_(WRITE|FSYNC|NOMEM))/;

/**
 * At the start another file does better than any that cannot be used. A journal of a later format
 * is whole, and stays.
 */
function isUselessAtOpen(error: unknown): boolean {
  if (error instanceof NoJournal) return true;
  const { code } = error as { code?: unknown };
  return typeof code === "string" && code.startsWith("SQLITE_") && !NOT_THE_FILE.test(code);
}

/** SQLite says no more than that it cannot open it. */
function whyUnusable(error: unknown, path: string): string {
  const { code } = error as { code?: unknown };
  if (typeof code !== "string" || !code.startsWith("SQLITE_CANTOPEN")) return reasonOf(error);
  return `${path} cannot be opened: it is a directory, or this user may not write it`;
}

function listen(writer: JournalWriter): void {
  port.on("message", (message: ToWriter) => {
    if (message.t === "append") {
      const { batch } = message;
      try {
        const committed = writer.append(batch);
        say({ t: "committed", committed, buffer: batch.buffer }, [batch.buffer]);
      } catch (error) {
        say({ t: "refused", message: reasonOf(error), corrupt: isCorrupt(error), batch }, [
          batch.buffer,
        ]);
      }
    } else if (message.t === "acknowledge") {
      try {
        writer.acknowledge(message.consumer, message.seq);
        say({ t: "done", id: message.id });
      } catch (error) {
        say({ t: "done", id: message.id, error: reasonOf(error) });
      }
    } else {
      writer.close();
      port.close();
    }
  });
}

const options = workerData as JournalWriterOptions;
try {
  const writer = new JournalWriter(options);
  listen(writer);
  say({ t: "opened", epoch: writer.epoch, committed: writer.committed });
} catch (error) {
  say({
    t: "unusable",
    message: whyUnusable(error, options.path),
    corrupt: isUselessAtOpen(error),
  });
}
