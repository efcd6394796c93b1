// A disk that refuses: what waits in memory, in which order it is written, and what a close does.
// The refusal is SQLite's own, from a trigger that another connection puts there and takes away.

import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, test, vi } from "vitest";
import { silentLog } from "../signal/log.ts";
import type { WorkerThread } from "../signal/thread.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { EMPTY_OPENING, LeafWriter, ledgerOptions, openLedger } from "../testing/ledger-rig.ts";
import { MemoryLedger, MemoryLedgerDisk } from "../testing/memory-ledger.ts";
import { requires } from "../testing/requires.ts";
import { scratchDirectory } from "../testing/scratch-directory.ts";
import { LEAVES_WAITING_MAX, WAITING_BYTES_MAX } from "./leaf-queue.ts";
import { Ledger, LedgerCorrupt } from "./ledger.ts";
import type { FromLedger, ToLedger } from "./thread-messages.ts";

const RETRY_MS = 2_000;

function fillDisk(path: string): { heal(): void } {
  const other = new Database(path);
  // The last leaf of a batch is refused, so that the ones before it have to be taken back.
  other.exec(`CREATE TRIGGER full BEFORE INSERT ON leaves WHEN NEW.text LIKE '%2'
              BEGIN SELECT raise(ABORT, 'the disk is full'); END`);
  return {
    heal() {
      other.exec("DROP TRIGGER full");
      other.close();
    },
  };
}

async function refusingLedger(path: string) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const tell = (message: string) => void lines.push(message);
  const log = { ...silentLog, error: tell, warn: tell };
  const { ledger, writer } = await openLedger(path, { clock, timers: clock, log });
  /** One call waits then: the next try. */
  const refused = () =>
    vi.waitFor(() => expect(clock.pendingCalls).toBe(1), { timeout: 10_000, interval: 5 });
  return { ledger, writer, clock, lines, refused };
}

describe("a batch that the disk refuses", () => {
  test("is tried again as a whole, in its order, until the disk takes it", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("ledger.sqlite");
    const { ledger, writer, clock, lines, refused } = await refusingLedger(path);
    const disk = fillDisk(path);
    writer.leaves(3);
    await refused();
    expect(ledger.pressure).toEqual({
      pendingLeaves: 3,
      refusedLeaves: 0,
      refusal: { since: 0, reason: "the disk is full" },
    });
    expect(await ledger.leaves(0, 10)).toEqual([]);
    writer.leaves(4);
    const note = writer.checkpoint();
    clock.advance(RETRY_MS);
    await refused();
    disk.heal();
    const flushed = ledger.flush();
    clock.advance(RETRY_MS);
    await flushed;
    expect(await ledger.leaves(0, 10)).toEqual(
      Array.from({ length: 7 }, (_, index) => `leaf ${index}`),
    );
    expect(await ledger.checkpoints(0, 10, 10)).toEqual([note]);
    expect(ledger.pressure).toEqual({ pendingLeaves: 0, refusedLeaves: 0, refusal: null });
    expect(lines).toEqual(["the ledger could not be written", "the ledger is written again"]);
    await ledger.close();
  });

  test("does not keep a close waiting for ever, and is named in the log", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("ledger.sqlite");
    const { ledger, writer, clock, lines, refused } = await refusingLedger(path);
    const disk = fillDisk(path);
    writer.leaves(3);
    await refused();
    const closed = ledger.close();
    clock.advance(10_000);
    await closed;
    expect(lines.at(-1)).toBe("the ledger could not be written to its end");
    expect(clock.pendingCalls).toBe(0);
    disk.heal();
  });
});

test("a disk that is really full loses no leaf", async (context) => {
  const mount = requires(context, "mount");
  using scratch = scratchDirectory();
  const size = ["-t", "tmpfs", "-o", "size=1m", "tmpfs", scratch.path];
  const { status, stderr } = spawnSync(mount, size, { encoding: "utf8" });
  if (status !== 0) context.skip(`this user may not mount: ${stderr.trim()}`);
  try {
    writeFileSync(scratch.at("ballast"), new Uint8Array(600 * 1024));
    const { ledger, writer, clock } = await refusingLedger(scratch.at("ledger.sqlite"));
    const text = "x".repeat(2_000);
    const isRefused = () => ledger.pressure.refusal !== null;
    while (!isRefused() && writer.size < 1_000) {
      writer.leaf(`${writer.size} ${text}`);
      await vi.waitFor(() =>
        expect(ledger.committedSize === writer.size || isRefused()).toBe(true),
      );
    }
    expect(ledger.pressure.refusal?.reason).toMatch(/full/);
    const { size } = writer;
    expect(ledger.committedSize).toBe(size - 1);
    writer.leaf("while it is full");
    rmSync(scratch.at("ballast"));
    const flushed = ledger.flush();
    clock.advance(RETRY_MS);
    await flushed;
    expect(ledger.committedSize).toBe(size + 1);
    expect(await ledger.leaves(size - 1, 5)).toEqual([`${size - 1} ${text}`, "while it is full"]);
    await ledger.close();
    const { opening, ledger: next } = await openLedger(scratch.at("ledger.sqlite"));
    expect(opening.size).toBe(size + 1);
    await next.close();
  } finally {
    spawnSync("umount", ["-l", scratch.path]);
  }
});

function playedLedger() {
  const clock = new FakeClock();
  const told: ToLedger[] = [];
  let say!: (message: FromLedger) => void;
  let exit!: (cause: Error | null) => void;
  const thread: WorkerThread = {
    postMessage: (message) => void told.push(message as ToLedger),
    onMessage(heard) {
      say = heard;
    },
    onExit(heard) {
      exit = heard;
    },
    async end() {},
  };
  const onFailure = vi.fn();
  const options = ledgerOptions("nowhere", {
    spawn: () => thread,
    clock,
    timers: clock,
    onFailure,
  });
  const ledger = new Ledger(options);
  const opened = ledger.open();
  say({ t: "opened", opening: EMPTY_OPENING });
  const writer = new LeafWriter(ledger, EMPTY_OPENING);
  return { ledger, writer, clock, told, say, exit, onFailure, opened };
}

describe("the queue", () => {
  test("takes so many leaves and no more; what is refused is not in the tree", async () => {
    const { ledger, writer } = playedLedger();
    writer.leaves(1);
    await Promise.resolve();
    writer.leaves(LEAVES_WAITING_MAX);
    expect(writer.size).toBe(LEAVES_WAITING_MAX);
    expect(ledger.pressure).toMatchObject({
      pendingLeaves: LEAVES_WAITING_MAX,
      refusedLeaves: 1,
    });
  });

  test("takes so much text and no more, and has room again when some is written", async () => {
    const { writer, say } = playedLedger();
    const text = "ä".repeat(WAITING_BYTES_MAX / 16);
    for (let leaf = 0; leaf < 10; leaf++) writer.leaf(text);
    expect(writer.size).toBe(8);
    await Promise.resolve();
    say({ t: "committed", size: 8, wrongNotes: [] });
    expect(writer.leaf(text)).toBe(true);
  });
});

describe("a thread that says", () => {
  test("that the file went bad is a failure, and nothing is tried again", async () => {
    const { writer, clock, told, say, onFailure } = playedLedger();
    writer.leaves(1);
    await Promise.resolve();
    say({ t: "refused", message: "malformed", corrupt: true });
    clock.advance(60_000);
    expect(onFailure).toHaveBeenCalledExactlyOnceWith(expect.any(LedgerCorrupt));
    expect(told).toHaveLength(1);
  });

  test("no more, because it ended, is a failure, and open questions are answered", async () => {
    const { ledger, exit, onFailure } = playedLedger();
    const answer = expect(ledger.leaves(0, 1)).rejects.toThrow("out of memory");
    exit(new Error("out of memory"));
    await answer;
    expect(onFailure).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: "LEDGER_UNUSABLE" }),
    );
  });
});

describe("the twin in memory", () => {
  function twin() {
    const clock = new FakeClock();
    const disk = new MemoryLedgerDisk();
    const ledger = new MemoryLedger({ disk, timers: clock, commitMs: 10 });
    return { clock, disk, ledger, writer: new LeafWriter(ledger, ledger.openNow()) };
  }
  const sizeAfter = (disk: MemoryLedgerDisk) =>
    new MemoryLedger({ disk, timers: new FakeClock() }).openNow().size;

  test.each([
    { inFlight: "lost", forgotten: 0, size: 2 },
    { inFlight: "kept", forgotten: 0, size: 3 },
    { inFlight: "lost", forgotten: 1, size: 1 },
    { inFlight: "kept", forgotten: 2, size: 1 },
  ] as const)("has $size leaves after a crash: $inFlight, $forgotten forgotten", (crash) => {
    const { clock, disk, ledger, writer } = twin();
    writer.leaves(2);
    clock.advance(20);
    expect(ledger.committedSize).toBe(2);
    writer.leaf("in flight");
    writer.leaf("behind it");
    clock.advance(9);
    expect(ledger.committedSize).toBe(2);
    ledger.crash(crash);
    clock.advance(1_000);
    expect(sizeAfter(disk)).toBe(crash.size);
  });

  test("waits for a disk that refuses, and refuses a damaged one", () => {
    const { clock, disk, ledger, writer } = twin();
    disk.refusal = "full";
    writer.leaf("a");
    clock.advance(10_000);
    expect(ledger.pressure.pendingLeaves).toBe(1);
    disk.refusal = null;
    clock.advance(RETRY_MS);
    expect(ledger.pressure.pendingLeaves).toBe(0);
    disk.corruption = "a page is gone";
    expect(() => sizeAfter(disk)).toThrow(LedgerCorrupt);
  });
});
