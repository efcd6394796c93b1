// The writing half of the ledger, as its thread runs it: one transaction for each batch, synced to
// the disk before anybody is told of it.

import { type LedgerDatabase, openForWriting, type Statement } from "./database.ts";
import { LedgerPages } from "./ledger-pages.ts";
import { mergedNote } from "./merged-note.ts";
import { openingOf } from "./opening.ts";
import { storedAt } from "./stored-nodes.ts";
import type {
  Committed,
  LedgerBatch,
  LedgerOpening,
  NewCheckpoint,
  NewLeaf,
} from "./thread-messages.ts";

export class LedgerFile {
  readonly opening: LedgerOpening;
  readonly pages: LedgerPages;
  readonly #database: LedgerDatabase;
  readonly #insertLeaf: Statement;
  readonly #insertNode: Statement;
  readonly #note: Statement;
  readonly #putNote: Statement;
  #size: number;
  #lastUtc: number | null;

  /** @throws BrokenLedger, LaterFormat, or what SQLite says */
  constructor(path: string) {
    this.#database = openForWriting(path);
    try {
      this.opening = openingOf(this.#database);
      this.pages = new LedgerPages(this.#database);
      this.#insertLeaf = this.#database.prepare("INSERT INTO leaves VALUES (?, ?, ?, ?)");
      this.#insertNode = this.#database.prepare("INSERT INTO nodes VALUES (?, ?)");
      this.#note = this.#database.prepare("SELECT note FROM checkpoints WHERE size = ?").pluck();
      this.#putNote = this.#database.prepare(
        `INSERT INTO checkpoints VALUES (?, ?)
         ON CONFLICT (size) DO UPDATE SET note = excluded.note`,
      );
    } catch (error) {
      this.#database.close();
      throw error;
    }
    this.#size = this.opening.size;
    this.#lastUtc = this.opening.lastUtc;
  }

  /**
   * Appends a batch in one synced transaction. Throws without having written anything of it. A note
   * that cannot be joined to what is known is left out and named: no leaf waits because of it.
   */
  append({ leaves, checkpoints }: LedgerBatch): Committed {
    const lastUtc = this.#lastUtc;
    const wrongNotes: string[] = [];
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (const [position, leaf] of leaves.entries()) this.#append(this.#size + position, leaf);
      for (const checkpoint of checkpoints) {
        const wrong = this.#put(checkpoint);
        if (wrong !== null) wrongNotes.push(wrong);
      }
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec("ROLLBACK");
      this.#lastUtc = lastUtc;
      throw error;
    }
    this.#size += leaves.length;
    return { size: this.#size, wrongNotes };
  }

  close(): void {
    this.#database.close();
  }

  #append(seq: number, { text, type, utc, nodes }: NewLeaf): void {
    if (utc !== null) this.#lastUtc = Math.max(this.#lastUtc ?? utc, utc);
    this.#insertLeaf.run(seq, type, this.#lastUtc, text);
    for (const { level, position, hash } of nodes) {
      this.#insertNode.run(storedAt(level, position), hash);
    }
  }

  /** Null, or what is wrong with it. */
  #put({ size, note }: NewCheckpoint): string | null {
    const known = this.#note.get(size) as string | undefined;
    const merged = known === undefined ? { note } : mergedNote(known, note);
    if (typeof merged === "string") return `checkpoint of ${size} leaves: ${merged}`;
    this.#putNote.run(size, merged.note);
    return null;
  }
}
