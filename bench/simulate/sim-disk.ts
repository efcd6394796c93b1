// The disk of a simulated controller: the register slots, the ledger, and a power supply that fails
// at a chosen write, before it, in the middle of it or right after it. What is not synced is lost;
// a disk that lies loses what it said was synced.

import { equal, utf8 } from "../../runtime/ledger/bytes.ts";
import type { LeafLog, LedgerEnd } from "../../runtime/ledger/keeper.ts";
import {
  consistencyProof,
  Frontier,
  inclusionProof,
  leafHash,
  type NodeAt,
  peaksOf,
  type TreeNode,
} from "../../runtime/ledger/merkle.ts";
import type { SeededRandom } from "../../runtime/testing/seeded-random.ts";
import { SLOT_FILE_BYTES, type SlotFile } from "../../runtime/usage/register-slots.ts";

export const CUT_POINTS = ["before", "torn", "after"] as const;
export type CutPoint = (typeof CUT_POINTS)[number];

/** Leaves that wait for the disk at most; the store's own limit is of this order. */
const WAITING_LEAVES_MAX = 512;

interface Waiting {
  readonly text: string;
  readonly nodes: readonly TreeNode[];
}

interface SlotWrite {
  readonly position: number;
  readonly bytes: Uint8Array;
}

interface WriteUnderWay extends SlotWrite {
  readonly endsAt: number;
  readonly done: () => void;
}

/** Everything that survives: what an image of the disk holds. */
export interface DiskImage {
  readonly slots: Uint8Array;
  readonly leaves: readonly string[];
  readonly nodes: readonly (readonly Uint8Array[])[];
}

export class SimDisk implements SlotFile, LeafLog {
  /** Writes that ended on the medium, slots and ledger together. */
  writes = 0;
  tornWrites = 0;
  lostWrites = 0;
  /** The supply has failed: nothing is written any more until power comes back. */
  isDead = false;
  /** Slot writes fail with an error. */
  isFailing = false;
  /** The ledger's volume has no space. */
  isFull = false;
  /** Says that slots are synced and keeps them in a cache that a cut empties. */
  isLying = false;
  leaves: string[] = [];
  readonly #random: SeededRandom;
  #slots = new Uint8Array(SLOT_FILE_BYTES);
  /** Complete subtrees: level, then position. */
  #nodes: Uint8Array[][] = [];
  #waiting: Waiting[] = [];
  #underWay: WriteUnderWay | null = null;
  #cache: SlotWrite[] = [];
  #cutIn: number | null = null;
  #cutPoint: CutPoint = "before";
  #now = 0;
  /** How long the next sync of a slot takes; 0 ends it at once. */
  syncMs = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  get committedSize(): number {
    return this.leaves.length;
  }

  /** Power fails at the n-th write from now on, 1 being the next. */
  cutAtWrite(count: number, point: CutPoint): void {
    this.#cutIn = count;
    this.#cutPoint = point;
  }

  disarm(): void {
    this.#cutIn = null;
  }

  /** Ends what is due by then. */
  advance(now: number): void {
    this.#now = now;
    const write = this.#underWay;
    if (write === null || this.isDead || write.endsAt > now) return;
    this.#underWay = null;
    this.#end(write);
    if (!this.isDead) write.done();
  }

  /** The supply fails now. What was under way is whole, torn or lost. */
  cutPower(): void {
    if (this.isDead) return;
    this.isDead = true;
    const write = this.#underWay;
    if (write !== null) this.#tear(write);
    this.#forget();
  }

  /** The process ends and the system does not: what was handed to it is written. */
  endProcess(): void {
    const write = this.#underWay;
    this.#underWay = null;
    if (write !== null) this.#put(write);
    this.#waiting = [];
    this.#cutIn = null;
  }

  restorePower(): void {
    this.isDead = false;
    this.#underWay = null;
    this.#cutIn = null;
  }

  image(): DiskImage {
    return {
      slots: this.#slots.slice(),
      leaves: this.leaves.slice(),
      nodes: this.#nodes.map((level) => level.slice()),
    };
  }

  restore(image: DiskImage): void {
    this.#slots = image.slots.slice();
    this.leaves = image.leaves.slice();
    this.#nodes = image.nodes.map((level) => level.slice());
    this.#forget();
  }

  /** Both register slots rot. */
  spoilSlots(): void {
    for (const position of [40, SLOT_FILE_BYTES / 2 + 40]) this.#slots[position]! ^= 0x10;
  }

  /** A file that was set aside: the next one is empty. */
  clearSlots(): void {
    this.#slots.fill(0);
  }

  // The register slots.

  async read(): Promise<Uint8Array> {
    return this.#slots.slice();
  }

  write(position: number, bytes: Uint8Array): Promise<void> {
    if (this.isDead) return NEVER;
    if (this.isFailing) return Promise.reject(new Error("EIO"));
    const write = { position, bytes: bytes.slice() };
    if (this.syncMs === 0) {
      this.#end(write);
      return this.isDead ? NEVER : DONE;
    }
    return new Promise((done) => {
      this.#underWay = { ...write, endsAt: this.#now + this.syncMs, done };
    });
  }

  async close(): Promise<void> {}

  // The ledger.

  append(text: string, _: unknown, __: unknown, nodes: readonly TreeNode[]): boolean {
    if (this.isDead) return true;
    if (this.#waiting.length >= WAITING_LEAVES_MAX) return false;
    this.#waiting.push({ text, nodes });
    return true;
  }

  /** Only what is on the disk is shown to a witness, and it asks for a note of its own. */
  putCheckpoint(): void {}

  /** One transaction of everything that waits: it is there whole or not at all. */
  commit(): boolean {
    if (this.isDead || this.isFull) return false;
    if (this.#waiting.length === 0) return true;
    const point = this.#cutsHere();
    const isWhole = point === null || point === "after" || (point === "torn" && this.#half());
    if (isWhole) {
      for (const { text, nodes } of this.#waiting) {
        this.leaves.push(text);
        for (const { level, position, hash } of nodes) {
          this.#nodes[level] ??= [];
          this.#nodes[level][position] = hash;
        }
      }
      this.writes++;
    }
    this.#waiting = [];
    if (point === null) return true;
    this.cutPower();
    return false;
  }

  get waitingLeaves(): number {
    return this.#waiting.length;
  }

  ledgerEnd(): LedgerEnd {
    const size = this.leaves.length;
    const frontier = peaksOf(size, this.#nodeAt);
    return { size, frontier, lastLeaf: this.leaves.at(-1) ?? null };
  }

  rootAt(size: number): Uint8Array {
    return new Frontier(size, peaksOf(size, this.#nodeAt)).root();
  }

  consistency(first: number, second: number): readonly Uint8Array[] {
    return consistencyProof(first, second, this.#nodeAt);
  }

  inclusion(index: number, size: number): readonly Uint8Array[] {
    return inclusionProof(index, size, this.#nodeAt);
  }

  frontier(size: number): readonly Uint8Array[] {
    return peaksOf(size, this.#nodeAt);
  }

  /** Recomputes the tree from the leaves: what was kept beside them must be the same. */
  isTreeTrue(): boolean {
    const tree = new Frontier();
    for (const text of this.leaves) tree.append(leafHash(utf8(text)));
    return equal(tree.root(), this.rootAt(this.leaves.length));
  }

  readonly #nodeAt: NodeAt = (level, position) => this.#nodes[level]![position]!;

  #end(write: SlotWrite): void {
    const point = this.#cutsHere();
    if (point === "torn") {
      this.isDead = true;
      this.#tear(write);
      this.#forget();
    } else if (point === "before") {
      this.cutPower();
    } else {
      this.#put(write);
      if (point === "after") this.cutPower();
    }
  }

  #put(write: SlotWrite): void {
    this.writes++;
    if (this.isLying) {
      this.#cache.push(write);
      return;
    }
    for (const earlier of [...this.#cache.splice(0), write]) {
      this.#slots.set(earlier.bytes, earlier.position);
    }
  }

  #tear({ position, bytes }: SlotWrite): void {
    // A slot's used bytes stand in front: half of the cuts are there.
    const at = this.#random.integer(0, this.#half() ? 400 : bytes.length);
    this.tornWrites++;
    const kind = this.#random.pick(["begun", "ended", "rubble"] as const);
    if (kind === "begun") this.#slots.set(bytes.subarray(0, at), position);
    else if (kind === "ended") this.#slots.set(bytes.subarray(at), position + at);
    else {
      // A flash page whose programming was interrupted reads back as neither.
      for (let index = 0; index < bytes.length; index++) {
        this.#slots[position + index] = this.#random.integer(0, 255);
      }
    }
  }

  #forget(): void {
    this.lostWrites += this.#cache.length;
    this.#cache = [];
    this.#waiting = [];
    this.#underWay = null;
    this.#cutIn = null;
  }

  #cutsHere(): CutPoint | null {
    if (this.#cutIn === null) return null;
    this.#cutIn--;
    return this.#cutIn === 0 ? this.#cutPoint : null;
  }

  #half(): boolean {
    return this.#random.chance(0.5);
  }
}

const DONE = Promise.resolve();
/** Whoever waits for a disk without power waits for ever. */
const NEVER = new Promise<void>(() => {});
