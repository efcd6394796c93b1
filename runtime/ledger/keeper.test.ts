// The keeper's leaves: chained, counted, one tree; and what it does when nothing takes a leaf.

import { describe, expect, test } from "vitest";
import { ZERO_REGISTERS } from "../usage/usage-state.ts";
import { fromBase64, toBase64, utf8 } from "./bytes.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import { type LeafLog, LedgerKeeper, ledgerOrigin, type UsageMoment } from "./keeper.ts";
import { parseVerifierKey, softwareSigner } from "./keys.ts";
import { type Leaf, parseLeaf } from "./leaf.ts";
import { Frontier, leafHash } from "./merkle.ts";
import { verifyNote } from "./note.ts";

const CONTROLLER = "0123456789abcdef0123456789abcdef";
const signer = softwareSigner("ed25519", new Uint8Array(32).fill(7));

class Log implements LeafLog {
  readonly texts: string[] = [];
  readonly notes: string[] = [];
  isFull = false;

  append(text: string): boolean {
    if (this.isFull) return false;
    this.texts.push(text);
    return true;
  }

  putCheckpoint(_: number, note: string): void {
    this.notes.push(note);
  }

  get committedSize(): number {
    return this.texts.length;
  }

  get leaves(): readonly Leaf[] {
    return this.texts.map((text) => {
      const leaf = parseLeaf(text);
      if (typeof leaf === "string") throw new Error(leaf);
      return leaf;
    });
  }

  /** The tree of all leaves, made from their texts alone. */
  get tree(): Frontier {
    const tree = new Frontier();
    for (const text of this.texts) tree.append(leafHash(utf8(text)));
    return tree;
  }
}

function keeperOver(
  log: Log,
  changes: Partial<ConstructorParameters<typeof LedgerKeeper>[0]> = {},
) {
  const { tree, texts } = log;
  return new LedgerKeeper({
    controller: CONTROLLER,
    segment: 1,
    end: { size: tree.size, frontier: tree.peaks, lastLeaf: texts.at(-1) ?? null },
    log,
    instantAt: (mono) => ({ boot: "boot-1", mono, utc: 1_000_000 + mono, tq: "S", err: 10 }),
    signer,
    software: "a".repeat(64),
    configuration: "b".repeat(64),
    checkpointEveryMs: 900_000,
    tickEveryMs: 900_000,
    ...changes,
  });
}

function at(mono: number, working = 0): UsageMoment {
  const registers = { ...ZERO_REGISTERS, working, off: mono - working };
  return { at: mono, state: "OFF", mode: "None", overload: false, registers };
}

describe("leaves", () => {
  test("each holds the hash of the one before, and together they are the signed tree", () => {
    const log = new Log();
    const keeper = keeperOver(log);
    keeper.add("GENESIS", { key: keeper.key, segment: 1 }, at(10));
    keeper.add("STATE", { from: "UNKNOWN" }, at(20));
    const note = keeper.checkpoint(30);
    const [first, second] = log.leaves;
    expect(first).toMatchObject({ seq: 0, evc: 1, bseq: 1, mono: 10, utc: 1_000_010 });
    expect(fromBase64(first!.prev)).toEqual(new Uint8Array(32));
    expect(second).toMatchObject({ seq: 1, evc: 1, prev: toBase64(leafHash(utf8(log.texts[0]!))) });
    const key = parseVerifierKey(keeper.key);
    if (typeof key === "string") throw new Error(key);
    expect(verifyNote(note, [key])).toMatchObject({ verified: [{ name: key.name }], bad: [] });
    expect(parseCheckpoint(note)).toEqual({
      origin: ledgerOrigin(CONTROLLER, 1),
      size: 2,
      root: log.tree.root(),
    });
  });

  test("a next life goes on with the chain and both counters", () => {
    const log = new Log();
    keeperOver(log).add("GENESIS", { key: "k", segment: 1 }, at(10));
    const next = keeperOver(log);
    next.add("CONFIG", { file: "machine.yaml" }, at(20));
    expect(log.leaves[1]).toMatchObject({ seq: 1, bseq: 2, evc: 2 });
    expect(log.leaves[1]!.prev).toBe(toBase64(leafHash(utf8(log.texts[0]!))));
    expect(next.counters).toEqual({ segment: 1, size: 2, starts: 2, events: 2 });
  });

  test("a new segment goes on with the counters that were kept elsewhere", () => {
    const log = new Log();
    const keeper = keeperOver(log, { segment: 2, counters: { starts: 8, events: 20 } });
    keeper.add("GENESIS", { key: keeper.key, segment: 2, reason: "corrupt" }, at(10));
    expect(log.leaves[0]).toMatchObject({ seq: 0, bseq: 9, evc: 21 });
    expect(keeper.origin).toBe(`telltale/usage/${CONTROLLER}/2`);
    expect(keeper.key).toContain(`telltale/usage/${CONTROLLER}+`);
  });

  test("without a believable clock the wall time is left out", () => {
    const log = new Log();
    const instantAt = (mono: number) =>
      ({ boot: "b", mono, utc: null, tq: "U", err: null }) as const;
    keeperOver(log, { instantAt }).add("TICK", {}, at(10));
    expect(log.leaves[0]).not.toHaveProperty("utc");
    expect(log.leaves[0]).not.toHaveProperty("err");
  });

  test("an anchor from elsewhere brings its own wall time", () => {
    const log = new Log();
    const gnss = { utc: 77, tq: "S", err: 1_000 } as const;
    keeperOver(log).add("ANCHOR", { source: "gnss" }, at(10), gnss);
    expect(log.leaves[0]).toMatchObject({ utc: 77, err: 1_000, boot: "boot-1" });
  });
});

describe("time", () => {
  test("a leaf and a checkpoint come when nothing else did", () => {
    const log = new Log();
    const keeper = keeperOver(log);
    keeper.add("GENESIS", { key: "k", segment: 1 }, at(0));
    for (let now = 0; now <= 3_600_000; now += 250) keeper.look(at(now), now);
    expect(log.leaves.map(({ typ }) => typ)).toEqual(["GENESIS", "TICK", "TICK", "TICK", "TICK"]);
    expect(log.notes).toHaveLength(4);
  });

  test("what is signed already is not signed again", () => {
    const log = new Log();
    const keeper = keeperOver(log, { tickEveryMs: 1e12 });
    keeper.add("GENESIS", { key: "k", segment: 1 }, at(0));
    for (let now = 0; now <= 3_600_000; now += 250) keeper.look(at(now), now);
    expect(log.notes).toHaveLength(1);
  });
});

test("leaves that nothing takes are counted, and said as soon as one is taken", () => {
  const log = new Log();
  const keeper = keeperOver(log);
  keeper.add("GENESIS", { key: "k", segment: 1 }, at(0));
  log.isFull = true;
  for (const mono of [10, 20, 30]) {
    expect(keeper.add("STATE", { from: "OFF" }, at(mono))).toBe(false);
  }
  log.isFull = false;
  expect(keeper.add("STATE", { from: "OFF" }, at(40))).toBe(true);
  expect(log.leaves.map(({ typ }) => typ)).toEqual(["GENESIS", "LAPSE", "STATE"]);
  expect(log.leaves[1]).toMatchObject({ d: { leaves: 3 }, mono: 40, evc: 2 });
  expect(keeper.size).toBe(3);
  expect(parseCheckpoint(keeper.checkpoint(50))).toMatchObject({ root: log.tree.root() });
});
