// A ledger whose file was damaged: it is refused with what could still be read of it, and never
// gone on with.

import {
  closeSync,
  copyFileSync,
  fstatSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLedger } from "../testing/ledger-rig.ts";
import { type ScratchDirectory, scratchDirectory } from "../testing/scratch-directory.ts";
import { LedgerCorrupt } from "./ledger.ts";

const PAGE_BYTES = 4_096;
const LEAVES = 400;

// Made once: each test damages a copy of its own.
const made = scratchDirectory();
const original = made.at("ledger.sqlite");
let checkpoint = "";
beforeAll(async () => {
  const { ledger, writer } = await openLedger(original);
  writer.leaf("genesis", "GENESIS");
  writer.leaves(LEAVES - 1);
  checkpoint = writer.checkpoint();
  await ledger.close();
});
afterAll(() => made[Symbol.dispose]());

function copyIn(scratch: ScratchDirectory): string {
  const path = scratch.at("ledger.sqlite");
  copyFileSync(original, path);
  return path;
}

/** Pages of a table or an index, from its root on, as SQLite itself names them. */
function pagesOf(path: string, name: string): readonly number[] {
  const database = new Database(path);
  const pages = database
    .prepare("SELECT pageno FROM dbstat WHERE name = ? ORDER BY path")
    .pluck()
    .all(name) as number[];
  database.close();
  return pages;
}

function damage(path: string, page: number, length = PAGE_BYTES): void {
  const descriptor = openSync(path, "r+");
  writeSync(descriptor, Buffer.alloc(length, 0xa5), 0, length, (page - 1) * PAGE_BYTES);
  expect(fstatSync(descriptor).size).toBeGreaterThanOrEqual(page * PAGE_BYTES);
  closeSync(descriptor);
}

describe("a ledger is refused as corrupt", () => {
  const places = ["leaves", "nodes", "leaves_of_type", "checkpoints"].flatMap((name) =>
    (["first", "middle", "last"] as const).map((place) => [name, place] as const),
  );

  test.each(places)("where a page of %s is damaged: the %s", async (name, place) => {
    using scratch = scratchDirectory();
    const path = copyIn(scratch);
    const pages = pagesOf(path, name);
    const at = { first: 0, middle: pages.length >> 1, last: pages.length - 1 }[place];
    damage(path, pages[at]!);
    await expect(openLedger(path)).rejects.toBeInstanceOf(LedgerCorrupt);
  });

  test("where the file begins with something else", async () => {
    using scratch = scratchDirectory();
    const path = copyIn(scratch);
    damage(path, 1, 100);
    const remains = { size: null, firstLeaf: null, checkpoint: null };
    await expect(openLedger(path)).rejects.toMatchObject({ remains });
  });

  test("where it is cut off", async () => {
    using scratch = scratchDirectory();
    const path = copyIn(scratch);
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, bytes.length - 3 * PAGE_BYTES));
    await expect(openLedger(path)).rejects.toBeInstanceOf(LedgerCorrupt);
  });

  test.each([
    ["a letter of a leaf", "UPDATE leaves SET text = 'leaf 39O' WHERE seq = 390", "leaf 390"],
    ["a leaf that is missing", "DELETE FROM leaves WHERE seq = 200", "399 are there"],
    ["the last leaves", "DELETE FROM leaves WHERE seq >= 395", "do not make a tree"],
    ["a hash", "UPDATE nodes SET hash = zeroblob(32) WHERE at = 200", "does not give the hash"],
    [
      "the tree that was signed",
      "UPDATE checkpoints SET note = replace(note, '400', '300')",
      "another was signed",
    ],
    ["a checkpoint", "UPDATE checkpoints SET note = 'x'", "newest checkpoint"],
  ])("where somebody who took off the triggers changed %s", async (_, sql, reason) => {
    using scratch = scratchDirectory();
    const path = copyIn(scratch);
    const database = new Database(path);
    const triggers = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'");
    for (const name of triggers.pluck().all()) database.exec(`DROP TRIGGER ${name}`);
    database.exec(sql);
    database.close();
    const refused = openLedger(path);
    await expect(refused).rejects.toBeInstanceOf(LedgerCorrupt);
    await expect(refused).rejects.toThrow(reason);
  });

  test("with what is left of it, for the segment that follows", async () => {
    using scratch = scratchDirectory();
    const path = copyIn(scratch);
    damage(path, pagesOf(path, "nodes").at(-1)!);
    const remains = { size: LEAVES, firstLeaf: "genesis", checkpoint };
    await expect(openLedger(path)).rejects.toMatchObject({ remains });
  });
});

test("damage in an old page stops no new leaf, and whoever asks for it is told", async () => {
  using scratch = scratchDirectory();
  const path = scratch.at("ledger.sqlite");
  const before = await openLedger(path);
  before.writer.leaves(3_000);
  await before.ledger.close();
  const pages = pagesOf(path, "leaves");
  damage(path, pages[Math.floor(pages.length / 4)]!);
  const { ledger, writer } = await openLedger(path);
  writer.leaves(10);
  await ledger.flush();
  expect(ledger.committedSize).toBe(3_010);
  const asked = async () => {
    for (let from = 0; from < 3_000; from += 500) await ledger.leaves(from, 500);
  };
  await expect(asked()).rejects.toMatchObject({ code: "LEDGER_UNUSABLE" });
  await ledger.close();
});
