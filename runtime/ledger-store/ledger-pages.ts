// Questions to a ledger's file: pages of leaves as they were written, RFC 6962 proofs, checkpoints.
// Runs in the ledger thread, and in a command that reads a copy.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { toBase64 } from "../ledger/bytes.ts";
import type { LeafType } from "../ledger/leaf.ts";
import { consistencyProof, inclusionProof, peaksOf } from "../ledger/merkle.ts";
import { CHECKPOINTS_PER_ANSWER_MAX, LEAVES_PER_ANSWER_MAX } from "../ledger/reader.ts";
import type { LedgerDatabase, Statement } from "./database.ts";
import { storedAt } from "./stored-nodes.ts";
import type { FoundLeaf, LedgerAnswer, LedgerRequest } from "./thread-messages.ts";

/** Of one answer as JSON: the stream's frame holds 1 MiB with its head. */
const ANSWER_BYTES_MAX = 900 * 1024;

export class LedgerPages {
  readonly #leaves: Statement;
  readonly #utcMax: Statement;
  readonly #ofType: Statement;
  readonly #leaf: Statement;
  readonly #node: Statement;
  readonly #checkpoints: Statement;
  readonly #newest: Statement;

  constructor(database: LedgerDatabase) {
    this.#leaves = database
      .prepare("SELECT text FROM leaves WHERE seq >= ? ORDER BY seq LIMIT ?")
      .pluck();
    this.#utcMax = database.prepare("SELECT utc_max FROM leaves WHERE seq = ?").pluck();
    this.#ofType = database
      .prepare("SELECT seq FROM leaves WHERE type = ? AND seq < ? ORDER BY seq DESC LIMIT ?")
      .pluck();
    this.#leaf = database.prepare("SELECT text FROM leaves WHERE seq = ?").pluck();
    this.#node = database.prepare("SELECT hash FROM nodes WHERE at = ?").pluck();
    this.#checkpoints = database
      .prepare("SELECT note FROM checkpoints WHERE size BETWEEN ? AND ? ORDER BY size LIMIT ?")
      .pluck();
    this.#newest = database.prepare("SELECT max(seq) FROM leaves").pluck();
  }

  /** Leaves that are on the disk. */
  size(): number {
    const newest = this.#newest.get() as number | null;
    return newest === null ? 0 : newest + 1;
  }

  answer(request: LedgerRequest): LedgerAnswer {
    switch (request.t) {
      case "leaves":
        return this.leaves(request.from, request.limit);
      case "index-at":
        return this.indexAt(request.utc);
      case "newest-of":
        return this.newestOf(request.types, request.before, request.limit);
      case "inclusion":
        return this.inclusion(request.index, request.size);
      case "consistency":
        return this.consistency(request.first, request.second);
      case "frontier":
        return this.frontier(request.size);
      case "checkpoints":
        return this.checkpoints(request.sizeMin, request.sizeMax, request.limit);
    }
  }

  leaves(from: number, limit: number): readonly string[] {
    const texts = this.#leaves.iterate(from, bounded(limit, LEAVES_PER_ANSWER_MAX));
    return fitting(texts as Iterable<string>);
  }

  leaf(index: number): string {
    const text = this.#leaf.get(index) as string | undefined;
    if (text === undefined) throw new Error(`leaf ${index} is missing`);
    return text;
  }

  /** The latest wall time that a leaf up to this one carries; null where none does. */
  utcMax(index: number): number | null {
    return (this.#utcMax.get(index) as number | null | undefined) ?? null;
  }

  /** The latest wall time never falls from leaf to leaf: a search by halves. */
  indexAt(utc: number): number {
    let from = 0;
    let to = this.size();
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      const utcMax = this.utcMax(middle);
      if (utcMax !== null && utcMax >= utc) to = middle;
      else from = middle + 1;
    }
    return from;
  }

  newestOf(types: readonly LeafType[], before: number, limit: number): readonly FoundLeaf[] {
    const indexes = this.indexesOf(types, before, bounded(limit, LEAVES_PER_ANSWER_MAX));
    const leaves = fitting(this.#texts(indexes));
    return leaves.map((leaf, position) => ({ index: indexes[position]!, leaf }));
  }

  /** Of the newest leaves of these types before an index, newest first. */
  indexesOf(types: readonly LeafType[], before: number, limit: number): readonly number[] {
    // Each type by itself: together SQLite would walk the leaves instead of the index.
    return [...new Set(types)]
      .flatMap((type) => this.#ofType.all(type, before, limit) as number[])
      .sort((one, other) => other - one)
      .slice(0, limit);
  }

  inclusion(index: number, size: number): readonly string[] {
    this.#checkSize(size);
    checkRange(index, 0, size - 1);
    return inclusionProof(index, size, this.nodeAt).map(toBase64);
  }

  consistency(first: number, second: number): readonly string[] {
    this.#checkSize(second);
    checkRange(first, 0, second);
    return consistencyProof(first, second, this.nodeAt).map(toBase64);
  }

  frontier(size: number): readonly string[] {
    this.#checkSize(size);
    return peaksOf(size, this.nodeAt).map(toBase64);
  }

  checkpoints(sizeMin: number, sizeMax: number, limit: number): readonly string[] {
    const count = bounded(limit, CHECKPOINTS_PER_ANSWER_MAX);
    return fitting(this.#checkpoints.iterate(sizeMin, sizeMax, count) as Iterable<string>);
  }

  readonly nodeAt = (level: number, position: number): Uint8Array => {
    const hash = this.#node.get(storedAt(level, position)) as Uint8Array | undefined;
    if (hash === undefined) throw new Error(`the hash of subtree ${level}/${position} is missing`);
    return hash;
  };

  *#texts(indexes: readonly number[]): Iterable<string> {
    for (const index of indexes) yield this.leaf(index);
  }

  #checkSize(size: number): void {
    checkRange(size, 0, this.size());
  }
}

/** As many as one answer can hold, and at least one. */
function fitting(texts: Iterable<string>): readonly string[] {
  const fitted: string[] = [];
  let bytes = 0;
  for (const text of texts) {
    bytes += Buffer.byteLength(JSON.stringify(text)) + 1;
    if (fitted.length > 0 && bytes > ANSWER_BYTES_MAX) break;
    fitted.push(text);
  }
  return fitted;
}

function bounded(limit: number, max: number): number {
  return Math.min(Math.max(1, limit), max);
}

/** Whoever asks from outside was checked before: see ledger-answers.ts. */
function checkRange(value: number, min: number, max: number): void {
  assert(Number.isSafeInteger(value), "an index or a size is a whole number");
  if (value < min || value > max) throw new RangeError(`${value} is not within ${min} and ${max}`);
}
