// The ledger's file and thread: what stays, what is found again, and what it answers.

import Database from "better-sqlite3";
import { describe, expect, test, vi } from "vitest";
import { fromBase64, utf8 } from "../ledger/bytes.ts";
import { cosign } from "../ledger/checkpoint.ts";
import { softwareSigner } from "../ledger/keys.ts";
import { leafHash, nodeHash, verifyConsistency, verifyInclusion } from "../ledger/merkle.ts";
import { addSignature, parseNote } from "../ledger/note.ts";
import { LEAVES_PER_ANSWER_MAX } from "../ledger/reader.ts";
import { EMPTY_OPENING, LeafWriter, ledgerOptions, openLedger } from "../testing/ledger-rig.ts";
import { MemoryLedger, MemoryLedgerDisk } from "../testing/memory-ledger.ts";
import { scratchDirectory } from "../testing/scratch-directory.ts";
import { openForWriting } from "./database.ts";
import { Ledger, type LedgerStore } from "./ledger.ts";

/** RFC 6962, section 2.1, as it stands there: recursive, over all leaves, without stored hashes. */
function rootOf(leaves: readonly string[]): Uint8Array {
  if (leaves.length === 1) return leafHash(utf8(leaves[0]!));
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

const hashes = (texts: readonly string[]) => texts.map((text) => fromBase64(text)!);

describe("what is written", () => {
  test("is there in the next life, with all that it goes on from", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("ledger.sqlite");
    const first = await openLedger(path);
    expect(first.opening).toEqual(EMPTY_OPENING);
    first.writer.leaf("genesis", "GENESIS", 5_000);
    first.writer.leaf("lease", "LEASE", 4_000);
    first.writer.leaf("tick");
    const note = first.writer.checkpoint();
    first.writer.leaf("service", "SERVICE");
    await first.ledger.close();
    const { opening, writer, ledger } = await openLedger(path);
    expect(opening).toMatchObject({
      size: 4,
      firstLeaf: "genesis",
      lastLeaf: "service",
      checkpoint: note,
      audit: ["genesis", "lease", "service"],
      lastUtc: 5_000,
    });
    expect(writer.root()).toEqual(rootOf(["genesis", "lease", "tick", "service"]));
    await ledger.close();
  });

  test("is told of after the commit, and leaves of one turn are one commit", async () => {
    using scratch = scratchDirectory();
    const onCommitted = vi.fn();
    const { ledger, writer } = await openLedger(scratch.at("ledger.sqlite"), { onCommitted });
    writer.leaves(5);
    expect(ledger.committedSize).toBe(0);
    expect(ledger.pressure.pendingLeaves).toBe(5);
    await ledger.flush();
    expect(ledger.committedSize).toBe(5);
    expect(onCommitted.mock.calls).toEqual([[5]]);
    await ledger.close();
  });

  test("is synced at each commit: the library's own default would not be", () => {
    using scratch = scratchDirectory();
    const database = openForWriting(scratch.at("ledger.sqlite"));
    expect(database.pragma("synchronous", { simple: true })).toBe(2);
    expect(database.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(database.pragma("user_version", { simple: true })).toBe(1);
    database.close();
  });

  test.each([
    ["UPDATE leaves SET text = 'x' WHERE seq = 1", "stays as it is"],
    ["DELETE FROM leaves WHERE seq = 2", "stays"],
    ["INSERT OR REPLACE INTO leaves VALUES (1, 'TICK', NULL, 'x')", "follows the last"],
    ["INSERT INTO leaves VALUES (7, 'TICK', NULL, 'x')", "follows the last"],
    ["UPDATE nodes SET hash = zeroblob(32)", "stays as it is"],
    ["DELETE FROM nodes", "stays"],
    ["INSERT OR REPLACE INTO nodes VALUES (1, zeroblob(32))", "follows the last"],
    ["INSERT INTO nodes VALUES (4, x'00')", "CHECK"],
    ["DELETE FROM checkpoints", "stays"],
  ])("cannot be changed: %s", async (sql, reason) => {
    using scratch = scratchDirectory();
    const path = scratch.at("ledger.sqlite");
    const { ledger, writer } = await openLedger(path);
    writer.leaves(3);
    writer.checkpoint();
    await ledger.close();
    const database = new Database(path);
    expect(() => database.exec(sql)).toThrow(reason);
    database.close();
  });

  test("holds the cosignatures of all witnesses, and refuses another tree", async () => {
    using scratch = scratchDirectory();
    const error = vi.fn();
    const log = { debug() {}, info() {}, warn() {}, error };
    const { ledger, writer } = await openLedger(scratch.at("ledger.sqlite"), { log });
    writer.leaves(3);
    const note = writer.checkpoint();
    for (const [byte, name] of [
      [1, "lessor"],
      [2, "lessee"],
    ] as const) {
      const witness = softwareSigner("ed25519", new Uint8Array(32).fill(byte));
      ledger.putCheckpoint(3, addSignature(note, cosign(note, name, witness, 1_700_000_000)));
      await ledger.flush();
    }
    ledger.putCheckpoint(3, note.replace("\n3\n", "\n2\n"));
    await ledger.flush();
    const [kept] = await ledger.checkpoints(0, 3, 10);
    const parsed = parseNote(kept!);
    if (typeof parsed === "string") throw new Error(parsed);
    expect(parsed.signatures.map(({ name }) => name).slice(1)).toEqual(["lessor", "lessee"]);
    expect(error).toHaveBeenCalledExactlyOnceWith("a note is left out", {
      reason: expect.stringContaining("forked"),
    });
    await ledger.close();
  });
});

const STORES: readonly (readonly [string, (path: string) => Promise<Opened>])[] = [
  ["the file", openLedger],
  ["its twin in memory", openTwin],
];
type Opened = { readonly ledger: LedgerStore; readonly writer: LeafWriter };

async function openTwin(): Promise<Opened> {
  const { timers } = ledgerOptions("");
  const ledger = new MemoryLedger({ disk: new MemoryLedgerDisk(), timers });
  return { ledger, writer: new LeafWriter(ledger, await ledger.open()) };
}

describe.each(STORES)("%s answers", (_, open) => {
  test("with proofs that hold against a tree that is computed otherwise", async () => {
    using scratch = scratchDirectory();
    const { ledger, writer } = await open(scratch.at("ledger.sqlite"));
    const size = 37;
    writer.leaves(size);
    await ledger.flush();
    const leaves = Array.from({ length: size }, (_, index) => `leaf ${index}`);
    const roots = leaves.map((_, index) => rootOf(leaves.slice(0, index + 1)));
    for (let tree = 1; tree <= size; tree++) {
      for (let index = 0; index < tree; index++) {
        const proof = hashes(await ledger.inclusion(index, tree));
        const hash = leafHash(utf8(leaves[index]!));
        expect(verifyInclusion(hash, index, tree, proof, roots[tree - 1]!)).toBe(true);
        const consistency = hashes(await ledger.consistency(index + 1, tree));
        expect(
          verifyConsistency(index + 1, tree, consistency, roots[index]!, roots[tree - 1]!),
        ).toBe(true);
      }
    }
    const peaks = hashes(await ledger.frontier(37));
    expect(peaks).toEqual([
      rootOf(leaves.slice(0, 32)),
      rootOf(leaves.slice(32, 36)),
      rootOf(["leaf 36"]),
    ]);
    await expect(ledger.inclusion(37, 38)).rejects.toThrow();
    await ledger.close();
  });

  test("with the first leaf at or after a date, whatever the clock did before", async () => {
    using scratch = scratchDirectory();
    const { ledger, writer } = await open(scratch.at("ledger.sqlite"));
    const dates = [null, 100, 200, null, 150, 200, 300, null];
    for (const utc of dates) writer.leaf(`at ${utc}`, "TICK", utc);
    await ledger.flush();
    const asked = [0, 100, 101, 150, 200, 201, 300, 301];
    const found = await Promise.all(asked.map((utc) => ledger.indexAt(utc)));
    expect(found).toEqual([1, 1, 2, 2, 2, 6, 6, 8]);
    await ledger.close();
  });

  test("with the newest leaves of some types, newest first", async () => {
    using scratch = scratchDirectory();
    const { ledger, writer } = await open(scratch.at("ledger.sqlite"));
    for (const type of ["GENESIS", "BOOT", "TICK", "LEASE", "TICK", "BOOT", "LEASE"] as const) {
      writer.leaf(`${type} ${writer.size}`, type);
    }
    await ledger.flush();
    expect(await ledger.newestOf(["LEASE", "BOOT"], 6, 2)).toEqual([
      { index: 5, leaf: "BOOT 5" },
      { index: 3, leaf: "LEASE 3" },
    ]);
    expect(await ledger.newestOf(["ANCHOR"], 7, 10)).toEqual([]);
    await ledger.close();
  });

  test("with pages of leaves and of checkpoints", async () => {
    using scratch = scratchDirectory();
    const { ledger, writer } = await open(scratch.at("ledger.sqlite"));
    writer.leaves(600);
    const notes = [writer.checkpoint()];
    writer.leaves(1);
    notes.push(writer.checkpoint());
    await ledger.flush();
    expect(await ledger.leaves(598, 5)).toEqual(["leaf 598", "leaf 599", "leaf 600"]);
    expect(await ledger.leaves(0, 1_000)).toHaveLength(LEAVES_PER_ANSWER_MAX);
    expect(await ledger.leaves(601, 10)).toEqual([]);
    expect(await ledger.checkpoints(0, 601, 10)).toEqual(notes);
    expect(await ledger.checkpoints(601, 9_999, 10)).toEqual([notes[1]]);
    await ledger.close();
  });
});

test("an answer fits into a frame, whatever the leaves hold", async () => {
  using scratch = scratchDirectory();
  const { ledger, writer } = await openLedger(scratch.at("ledger.sqlite"));
  for (let leaf = 0; leaf < 200; leaf++) writer.leaf('"'.repeat(16_000));
  await ledger.flush();
  const page = await ledger.leaves(0, 500);
  expect(page.length).toBeGreaterThan(1);
  expect(JSON.stringify(page).length).toBeLessThan(1024 * 1024);
  await ledger.close();
});

describe("open", () => {
  test("rejects for a directory that is not there, and for a later format", async () => {
    using scratch = scratchDirectory();
    const fault = { code: "LEDGER_UNUSABLE" };
    await expect(openLedger(scratch.at("no", "ledger.sqlite"))).rejects.toMatchObject(fault);
    const path = scratch.at("later.sqlite");
    const database = new Database(path);
    database.pragma("user_version = 2");
    database.close();
    await expect(openLedger(path)).rejects.toMatchObject(fault);
  });

  test("closes the thread's file: another ledger takes it at once", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("ledger.sqlite");
    for (let life = 0; life < 3; life++) {
      const { ledger, opening, writer } = await openLedger(path);
      expect(opening.size).toBe(life * 2);
      writer.leaves(2);
      await ledger.close();
      await expect(ledger.leaves(0, 1)).rejects.toThrow("it was closed");
    }
  });
});

test("the ledger runs in a thread of its own, under its own name", async () => {
  const spawned: string[] = [];
  using scratch = scratchDirectory();
  const options = ledgerOptions(scratch.at("ledger.sqlite"));
  const ledger = new Ledger({
    ...options,
    spawn(name, data) {
      spawned.push(name);
      return options.spawn(name, data);
    },
  });
  await ledger.open();
  expect(spawned).toEqual(["ledger-thread"]);
  await ledger.close();
});
