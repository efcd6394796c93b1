// The register slots on a disk that tears, loses and flips: what is read back is the state before
// the save or the saved one, and never a third.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  RegisterSlots,
  type SavedRegisters,
  SLOT_BYTES,
  SLOT_FILE_BYTES,
  type SlotFile,
  SlotsBroken,
} from "./register-slots.ts";
import { ZERO_REGISTERS } from "./usage-state.ts";

class FakeDisk implements SlotFile {
  bytes = new Uint8Array(SLOT_FILE_BYTES);
  writes = 0;
  closed = false;
  /** What becomes of the next write; the default keeps all of it. */
  keep: (old: Uint8Array, written: Uint8Array) => Uint8Array = (_, written) => written;
  /** Each write waits for this. */
  ready: Promise<void> = Promise.resolve();

  async read() {
    return this.bytes.slice();
  }

  async write(position: number, bytes: Uint8Array) {
    await this.ready;
    this.writes++;
    const old = this.bytes.slice(position, position + bytes.length);
    this.bytes.set(this.keep(old, bytes), position);
  }

  async close() {
    this.closed = true;
  }
}

function stateAfter(seconds: number): SavedRegisters {
  const mono = seconds * 1_000;
  const registers = { ...ZERO_REGISTERS, working: mono, starts: seconds };
  return { boot: "boot-1", mono, savedAt: mono + 250, registers };
}

async function reopened(disk: FakeDisk): Promise<SavedRegisters | null> {
  return new RegisterSlots(disk).open();
}

/** A disk after `saves` saves in one life. */
async function diskAfter(saves: number): Promise<{ disk: FakeDisk; slots: RegisterSlots }> {
  const disk = new FakeDisk();
  const slots = new RegisterSlots(disk);
  await slots.open();
  for (let save = 1; save <= saves; save++) await slots.save(stateAfter(save));
  return { disk, slots };
}

/** The second slot as version 0.1 of the program wrote it, up to its last byte that is not zero. */
const SLOT_OF_VERSION_1 =
  "VFRSU9Cc3TMBAAAAAAAAAJoAAAB7InZlcnNpb24iOjEsImJvb3QiOiJib290LTEiLCJtb25vIjoxMDAw" +
  "LCJzYXZlZEF0IjoxMjUwLCJyZWdpc3RlcnMiOnsib2ZmIjoxLCJzdGFuZGJ5IjoyLCJpZGxlIjozLCJ3" +
  "b3JraW5nIjo0LCJmYXVsdCI6NSwidW5rbm93biI6Niwic3RhcnRzIjo3LCJsb2FkcyI6OH19";

const SAVES = fc.integer({ min: 0, max: 5 });
/** Most of a slot is empty: positions among its used bytes are the interesting ones. */
const POSITION = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.nat(SLOT_BYTES));

describe("a save", () => {
  test("is what the next life reads, whichever life it was", async () => {
    const disk = new FakeDisk();
    expect(await reopened(disk)).toBeNull();
    for (let life = 1; life <= 5; life++) {
      const slots = new RegisterSlots(disk);
      await slots.open();
      await slots.save(stateAfter(life));
      expect(await reopened(disk)).toEqual(stateAfter(life));
    }
  });

  test("that is torn anywhere leaves the state before it, or is whole", async () => {
    const check = fc.asyncProperty(SAVES, POSITION, fc.boolean(), async (saves, at, tail) => {
      const { disk, slots } = await diskAfter(saves);
      disk.keep = (old, written) => {
        const [first, second] = tail ? [old, written] : [written, old];
        return Uint8Array.of(...first.subarray(0, at), ...second.subarray(at));
      };
      await slots.save(stateAfter(saves + 1));
      const read = await reopened(disk);
      const before = saves === 0 ? null : stateAfter(saves);
      expect([before, stateAfter(saves + 1)]).toContainEqual(read);
    });
    await fc.assert(check, { numRuns: 400 });
  });

  test("that the disk lost leaves the state before it, and the next one counts", async () => {
    await fc.assert(
      fc.asyncProperty(SAVES, async (saves) => {
        const { disk, slots } = await diskAfter(saves);
        disk.keep = (old) => old;
        await slots.save(stateAfter(saves + 1));
        expect(await reopened(disk)).toEqual(saves === 0 ? null : stateAfter(saves));
        disk.keep = (_, written) => written;
        await slots.save(stateAfter(saves + 2));
        expect(await reopened(disk)).toEqual(stateAfter(saves + 2));
      }),
    );
  });

  test("that fails goes to the same slot again, so that the good one stays", async () => {
    const { disk, slots } = await diskAfter(3);
    disk.keep = () => {
      throw new Error("EIO");
    };
    await expect(slots.save(stateAfter(4))).rejects.toThrow("EIO");
    await expect(slots.save(stateAfter(5))).rejects.toThrow("EIO");
    expect(await reopened(disk)).toEqual(stateAfter(3));
    disk.keep = (_, written) => written;
    await slots.save(stateAfter(6));
    expect(await reopened(disk)).toEqual(stateAfter(6));
  });

  test("supersedes one that waits, and resolves when it is on the disk itself", async () => {
    const { disk, slots } = await diskAfter(0);
    const gate = Promise.withResolvers<void>();
    disk.ready = gate.promise;
    const saves = [1, 2, 3, 4].map((seconds) => slots.save(stateAfter(seconds)));
    gate.resolve();
    await Promise.all(saves);
    expect(disk.writes).toBe(2);
    expect(await reopened(disk)).toEqual(stateAfter(4));
  });

  test("is made even where it is asked for just as the last write ends", async () => {
    const { disk, slots } = await diskAfter(0);
    for (let turns = 0; turns < 8; turns++) {
      const saved = slots.save(stateAfter(2 * turns + 1));
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await slots.save(stateAfter(2 * turns + 2));
      expect(await reopened(disk)).toEqual(stateAfter(2 * turns + 2));
      await saved;
    }
  });

  test("of what could not be read back is refused", async () => {
    const { slots } = await diskAfter(1);
    const state = stateAfter(2);
    const wrong = { ...state, registers: { ...state.registers, working: 0.5 } };
    expect(() => slots.save(wrong)).toThrow("a register is not a whole number");
    expect(() => slots.save({ ...state, mono: 1.5 })).toThrow("whole milliseconds");
    expect(() => slots.save({ ...state, savedAt: 0 })).toThrow("before it was settled");
  });
});

describe("the file", () => {
  test("with a flipped bit yields a state that was saved", async () => {
    const bit = fc.nat(SLOT_FILE_BYTES * 8 - 1);
    const near = fc.integer({ min: 0, max: 2_400 }).map((at) => at + SLOT_BYTES * 8 * (at % 2));
    const check = fc.asyncProperty(
      fc.integer({ min: 2, max: 5 }),
      fc.oneof(near, bit),
      async (saves, at) => {
        const { disk } = await diskAfter(saves);
        disk.bytes[at >> 3]! ^= 1 << (at & 7);
        expect([stateAfter(saves), stateAfter(saves - 1)]).toContainEqual(await reopened(disk));
      },
    );
    await fc.assert(check, { numRuns: 400 });
  });

  test("of the version without ledger is read; what it did not count begins at zero", async () => {
    const disk = new FakeDisk();
    disk.bytes.set(Buffer.from(SLOT_OF_VERSION_1, "base64"), SLOT_BYTES);
    const registers = { off: 1, standby: 2, idle: 3, working: 4, fault: 5, unknown: 6 };
    expect(await reopened(disk)).toEqual({
      boot: "boot-1",
      mono: 1_000,
      savedAt: 1_250,
      registers: { ...ZERO_REGISTERS, ...registers, starts: 7, loads: 8 },
    });
  });

  test("carries where the ledger's counters stood", async () => {
    const disk = new FakeDisk();
    const slots = new RegisterSlots(disk);
    await slots.open();
    const state = { ...stateAfter(1), ledger: { segment: 1, size: 12, starts: 3, events: 5 } };
    await slots.save(state);
    expect(await reopened(disk)).toEqual(state);
  });

  test("with both slots broken is said to be broken", async () => {
    const { disk } = await diskAfter(4);
    for (const slot of [0, SLOT_BYTES]) disk.bytes[slot + 40]! ^= 0x10;
    await expect(reopened(disk)).rejects.toThrow(SlotsBroken);
  });

  test("with one slot wiped and the other broken is broken too", async () => {
    for (const [wiped, broken] of [
      [0, SLOT_BYTES],
      [SLOT_BYTES, 0],
    ] as const) {
      const { disk } = await diskAfter(7);
      disk.bytes.fill(0, wiped, wiped + SLOT_BYTES);
      disk.bytes[broken + 40]! ^= 0x10;
      await expect(reopened(disk)).rejects.toThrow(SlotsBroken);
    }
  });

  test("that is too short is broken unless it is empty", async () => {
    const { disk } = await diskAfter(2);
    disk.bytes = disk.bytes.slice(0, SLOT_BYTES - 1);
    await expect(reopened(disk)).rejects.toThrow(SlotsBroken);
    disk.bytes = new Uint8Array();
    expect(await reopened(disk)).toBeNull();
  });

  test("is closed after the last save, even where that one fails", async () => {
    const { disk, slots } = await diskAfter(1);
    disk.keep = () => {
      throw new Error("EIO");
    };
    const saved = slots.save(stateAfter(2));
    await Promise.all([expect(saved).rejects.toThrow("EIO"), slots.close()]);
    expect(disk.closed).toBe(true);
  });
});
