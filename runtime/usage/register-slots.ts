// The two-slot file that carries the registers over a power cut. Each save goes to the slot that is
// older, so that a torn write can only hurt the copy that is being replaced.
//
// Slot, 4096 bytes: magic (4), CRC-32C of the rest of the slot's used bytes (4), sequence (8),
// length (4), then `length` bytes of JSON. Numbers are little-endian.

import assert from "node:assert/strict";
import { Fault } from "../signal/fault.ts";
import type { Mono } from "../signal/instant.ts";
import { crc32c } from "./crc32c.ts";
import { REGISTER_NAMES, type Registers, ZERO_REGISTERS } from "./usage-state.ts";

export const SLOT_BYTES = 4_096;
export const SLOT_FILE_BYTES = 2 * SLOT_BYTES;

const MAGIC = 0x53525454; // "TTRS"
const HEADER_BYTES = 20;
const VERSION = 2;
/** Had eight registers and no counters of the ledger. */
const VERSION_BEFORE_LEDGER = 1;

export interface SavedRegisters {
  /** The boot in which `mono` counts. */
  readonly boot: string;
  /** Everything before this instant stands in the registers. */
  readonly mono: Mono;
  /** When they were saved. Later than `mono` by what was not decided yet. */
  readonly savedAt: Mono;
  readonly registers: Registers;
  /** Where the ledger's counters stood: what a new ledger goes on with when that one is lost. */
  readonly ledger?: {
    readonly segment: number;
    /** Leaves that were on its disk. */
    readonly size: number;
    readonly starts: number;
    readonly events: number;
  };
}

/** The file as the host offers it: preallocated, each write synced before it resolves. */
export interface SlotFile {
  read(): Promise<Uint8Array>;
  write(position: number, bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/**
 * The file holds something, but no whole slot. Hours go on from what the journal remembers; the
 * file is kept aside for whoever has to look into it.
 */
export class SlotsBroken extends Error {}

interface Slot {
  readonly sequence: number;
  readonly saved: SavedRegisters;
}

export class RegisterSlots {
  readonly #file: SlotFile;
  #sequence = 0;
  #writing: Promise<void> | null = null;
  #next: SavedRegisters | null = null;

  constructor(file: SlotFile) {
    this.#file = file;
  }

  /** What the newest whole slot says, or null where there is none yet. */
  async open(): Promise<SavedRegisters | null> {
    const bytes = await this.#file.read();
    const slots = [decodeSlot(bytes, 0), decodeSlot(bytes, SLOT_BYTES)].filter(
      (slot) => slot !== null,
    );
    const newest = slots.sort((a, b) => b.sequence - a.sequence)[0] ?? null;
    if (newest === null && !isUnused(bytes)) {
      throw new SlotsBroken("neither register slot is whole");
    }
    this.#sequence = newest?.sequence ?? 0;
    return newest?.saved ?? null;
  }

  /**
   * Saves, and resolves when this or a newer state is on the disk. At most one write is under way
   * and one waits: what was to be saved in between is superseded.
   */
  save(state: SavedRegisters): Promise<void> {
    assertCountable(state);
    this.#next = state;
    this.#writing ??= this.#writeAll();
    return this.#writing;
  }

  /** The file is closed even where the last save fails; that failure is the saver's to know. */
  async close(): Promise<void> {
    await Promise.allSettled([this.#writing]);
    await this.#file.close();
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#next !== null) {
        const state = this.#next;
        this.#next = null;
        const sequence = this.#sequence + 1;
        await this.#file.write((sequence % 2) * SLOT_BYTES, encodeSlot(sequence, state));
        this.#sequence = sequence;
      }
    } finally {
      // In the same breath as the last look at `#next`: a save between the two would never be made.
      this.#writing = null;
    }
  }
}

/** What cannot be read back must not replace what can. */
function assertCountable({ mono, savedAt, registers }: SavedRegisters): void {
  assert(Number.isSafeInteger(mono) && mono >= 0, "saved time is not in whole milliseconds");
  assert(Number.isSafeInteger(savedAt) && savedAt >= mono, "saved before it was settled");
  for (const name of REGISTER_NAMES) {
    const count = registers[name];
    assert(Number.isSafeInteger(count) && count >= 0, "a register is not a whole number");
  }
}

/**
 * Nothing was ever saved: all zero, or a very first save that was cut off. That one goes to the
 * second slot while the first has never been written, and says sequence 1 as far as it says
 * anything.
 */
function isUnused(bytes: Uint8Array): boolean {
  if (bytes.length < SLOT_FILE_BYTES) return bytes.every((byte) => byte === 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset + SLOT_BYTES, SLOT_BYTES);
  const sequence = view.getBigUint64(8, true);
  return bytes.subarray(0, SLOT_BYTES).every((byte) => byte === 0) && sequence <= 1n;
}

function encodeSlot(sequence: number, saved: SavedRegisters): Uint8Array {
  const body = new TextEncoder().encode(JSON.stringify({ version: VERSION, ...saved }));
  const bytes = new Uint8Array(SLOT_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setBigUint64(8, BigInt(sequence), true);
  view.setUint32(16, body.length, true);
  bytes.set(body, HEADER_BYTES);
  view.setUint32(4, crc32c(bytes.subarray(8, HEADER_BYTES + body.length)), true);
  return bytes;
}

function decodeSlot(file: Uint8Array, offset: number): Slot | null {
  const bytes = file.subarray(offset, offset + SLOT_BYTES);
  if (bytes.length < SLOT_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, SLOT_BYTES);
  const length = view.getUint32(16, true);
  if (view.getUint32(0, true) !== MAGIC || length > SLOT_BYTES - HEADER_BYTES) return null;
  if (crc32c(bytes.subarray(8, HEADER_BYTES + length)) !== view.getUint32(4, true)) return null;
  const body = JSON.parse(
    new TextDecoder().decode(bytes.subarray(HEADER_BYTES, HEADER_BYTES + length)),
  ) as SavedRegisters & { readonly version: number };
  if (body.version !== VERSION && body.version !== VERSION_BEFORE_LEDGER) {
    throw new Fault(
      "DATA_UNUSABLE",
      `a register slot has format ${body.version}; this program knows ${VERSION}`,
      "install the program that wrote the data directory, or a newer one",
    );
  }
  const before = body.version === VERSION_BEFORE_LEDGER ? ZERO_REGISTERS : {};
  const registers = { ...before, ...body.registers };
  for (const name of REGISTER_NAMES) {
    if (!Number.isSafeInteger(registers[name]) || registers[name] < 0) return null;
  }
  const { boot, mono, savedAt, ledger } = body;
  return {
    sequence: Number(view.getBigUint64(8, true)),
    saved: { boot, mono, savedAt, registers, ...(ledger ? { ledger } : {}) },
  };
}
