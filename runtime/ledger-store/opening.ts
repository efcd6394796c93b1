// What is looked at before a ledger goes on: that no leaf is missing, that the newest leaves give
// the hashes that are stored for them, and that the tree is the one of the newest checkpoint. Older
// leaves are looked at by whoever verifies: a start must not take minutes.

import { equal, toBase64, utf8 } from "../ledger/bytes.ts";
import { parseCheckpoint } from "../ledger/checkpoint.ts";
import type { LeafType } from "../ledger/leaf.ts";
import { Frontier, leafHash, peaksOf } from "../ledger/merkle.ts";
import type { LedgerDatabase } from "./database.ts";
import { LedgerPages } from "./ledger-pages.ts";
import { storedCount } from "./stored-nodes.ts";
import type { LedgerOpening, LedgerRemains } from "./thread-messages.ts";

/** Newest leaves whose hashes are made again: some days of a busy machine, some 20 ms. */
const LEAVES_CHECKED = 1_000;
/** What leases, services and the code in force are restored from. */
export const RESTORED_TYPES: readonly LeafType[] = [
  "GENESIS",
  "CONFIG",
  "OFFSET",
  "LEASE",
  "SERVICE",
];
/** Leaves of these types that are handed over: years of rentals. */
export const RESTORED_MAX = 1_000;

/** The file holds something that is no ledger any more. */
export class BrokenLedger extends Error {}

/** @throws BrokenLedger, or what SQLite says */
export function openingOf(database: LedgerDatabase): LedgerOpening {
  const pages = new LedgerPages(database);
  const size = checkedSize(database, pages);
  const frontier = checkedFrontier(pages, size);
  const checkpoint = newestCheckpoint(database);
  if (checkpoint !== null) checkCheckpoint(pages, size, checkpoint);
  return {
    size,
    frontier: frontier.peaks,
    firstLeaf: size === 0 ? null : pages.leaf(0),
    lastLeaf: size === 0 ? null : pages.leaf(size - 1),
    checkpoint,
    audit: pages
      .indexesOf(RESTORED_TYPES, size, RESTORED_MAX)
      .toReversed()
      .map((index) => pages.leaf(index)),
    lastUtc: pages.utcMax(size - 1),
  };
}

/** Each of these is asked by itself: what one damaged page takes, another may still have. */
export function remainsOf(database: LedgerDatabase): LedgerRemains {
  return {
    size: orNull(() => new LedgerPages(database).size()),
    firstLeaf: orNull(() => new LedgerPages(database).leaf(0)),
    checkpoint: orNull(() => newestCheckpoint(database)),
  };
}

/** Whatever goes wrong here, the answer is that it cannot be known any more. */
function orNull<Value>(ask: () => Value): Value | null {
  try {
    return ask();
  } catch {
    return null;
  }
}

function checkedSize(database: LedgerDatabase, pages: LedgerPages): number {
  const size = pages.size();
  const count = database.prepare("SELECT count(*) FROM leaves").pluck().get() as number;
  if (count !== size) throw new BrokenLedger(`of ${size} leaves ${count} are there`);
  const last = database.prepare("SELECT max(at) FROM nodes").pluck().get() as number | null;
  const nodes = last === null ? 0 : last + 1;
  if (nodes !== storedCount(size)) {
    throw new BrokenLedger(`${nodes} hashes do not make a tree of ${size} leaves`);
  }
  return size;
}

function checkedFrontier(pages: LedgerPages, size: number): Frontier {
  const from = Math.max(0, size - LEAVES_CHECKED);
  const frontier = new Frontier(from, peaksOf(from, pages.nodeAt));
  for (let index = from; index < size; index++) {
    for (const { level, position, hash } of frontier.append(leafHash(utf8(pages.leaf(index))))) {
      if (equal(hash, pages.nodeAt(level, position))) continue;
      throw new BrokenLedger(`leaf ${index} does not give the hash that is stored for it`);
    }
  }
  return frontier;
}

export function newestCheckpoint(database: LedgerDatabase): string | null {
  const newest = database.prepare("SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1");
  return (newest.pluck().get() as string | undefined) ?? null;
}

function checkCheckpoint(pages: LedgerPages, size: number, note: string): void {
  const head = parseCheckpoint(note);
  if (typeof head === "string") throw new BrokenLedger(`its newest checkpoint ${head}`);
  if (head.size > size) {
    throw new BrokenLedger(`it was signed at ${head.size} leaves, and ${size} are there`);
  }
  const root = new Frontier(head.size, peaksOf(head.size, pages.nodeAt)).root();
  if (!equal(root, head.root)) {
    const made = toBase64(root);
    throw new BrokenLedger(`its root at ${head.size} leaves is ${made}, and another was signed`);
  }
}
