// The last hour of every slow signal, in shared memory that is laid out once: one row of slots for
// each signal, written by the main thread, read by any thread without asking.

import assert from "node:assert/strict";
import type { Mono } from "../signal/instant.ts";

/** How far back the rings reach; what is older stands in the journal. */
export const HISTORY_MS = 3_600_000;
/** A faster signal keeps about one sample of each second. */
const SLOT_MS_MIN = 1_000;
/** A sample may be this much early, as a share of its slot: devices answer a little unevenly. */
const EARLY_SHARE_MAX = 0.1;

// Words of a signal's header, as Int32.
/** Samples kept so far; published after they were copied in. */
const WRITTEN = 0;
/** Samples whose copying has begun; what they replace is no longer whole. */
const CLAIMED = 1;
const HEADER_WORDS = 2;

/** Where a signal's slots stand, for a thread that gets the memory alone. */
export interface HistoryLayout {
  /** Samples that each signal keeps. */
  readonly slots: readonly number[];
  /** The least time between two of them. */
  readonly apartMs: readonly number[];
}

/** @param everyMs how often each signal is sampled, in ms. */
export function historyLayout(everyMs: readonly number[]): HistoryLayout {
  const apartMs = everyMs.map((every) => Math.max(SLOT_MS_MIN, every) * (1 - EARLY_SHARE_MAX));
  return { apartMs, slots: apartMs.map((apart) => Math.max(2, Math.ceil(HISTORY_MS / apart))) };
}

class HistoryMemory {
  readonly buffer: SharedArrayBuffer;
  readonly layout: HistoryLayout;
  readonly header: Int32Array;
  /** For each signal its first slot in the two columns. */
  readonly first: readonly number[];
  readonly values: Float64Array;
  readonly instants: Float64Array;

  constructor(layout: HistoryLayout, buffer?: SharedArrayBuffer) {
    const first: number[] = [];
    let slots = 0;
    for (const count of layout.slots) {
      first.push(slots);
      slots += count;
    }
    const headerBytes = layout.slots.length * HEADER_WORDS * 4;
    const columnsByte = Math.ceil(headerBytes / 8) * 8;
    this.buffer = buffer ?? new SharedArrayBuffer(columnsByte + slots * 16);
    assert(this.buffer.byteLength === columnsByte + slots * 16, "the memory fits its layout");
    this.layout = layout;
    this.first = first;
    this.header = new Int32Array(this.buffer, 0, layout.slots.length * HEADER_WORDS);
    this.values = new Float64Array(this.buffer, columnsByte, slots);
    this.instants = new Float64Array(this.buffer, columnsByte + slots * 8, slots);
  }
}

export class HistoryWriter {
  readonly #memory: HistoryMemory;
  readonly #keptAt: Float64Array;

  constructor(layout: HistoryLayout) {
    this.#memory = new HistoryMemory(layout);
    this.#keptAt = new Float64Array(layout.slots.length).fill(-Infinity);
  }

  get buffer(): SharedArrayBuffer {
    return this.#memory.buffer;
  }

  get layout(): HistoryLayout {
    return this.#memory.layout;
  }

  /**
   * Keeps a sample, or passes it over where it comes too soon after another. Hot path: once per
   * sample of any signal; no allocation.
   *
   * @param value NaN where the sample is bad: a hole is not a value.
   */
  keep(signal: number, value: number, at: Mono): void {
    const { layout, header, first, values, instants } = this.#memory;
    if (at - this.#keptAt[signal]! < layout.apartMs[signal]!) return;
    this.#keptAt[signal] = at;
    const word = signal * HEADER_WORDS;
    const written = header[word + WRITTEN]!;
    const next = (written + 1) | 0;
    const slot = first[signal]! + ((written >>> 0) % layout.slots[signal]!);
    Atomics.store(header, word + CLAIMED, next);
    // Keeps the stores below behind the claim: an atomic store alone lets plain ones pass it.
    Atomics.load(header, word + CLAIMED);
    values[slot] = value;
    instants[slot] = at;
    Atomics.store(header, word + WRITTEN, next);
  }
}

export class HistoryReader {
  readonly #memory: HistoryMemory;
  /** Written and read for the sake of order only. */
  readonly #fence = new Int32Array(1);

  constructor(layout: HistoryLayout, buffer: SharedArrayBuffer) {
    this.#memory = new HistoryMemory(layout, buffer);
  }

  /**
   * Copies the newest samples of a signal, oldest first, and gives how many: what fits, what is
   * there, and nothing that was overwritten meanwhile. A value is NaN where the sample was bad.
   */
  copy(signal: number, values: Float64Array, instants: Float64Array): number {
    const { layout, header, first } = this.#memory;
    const word = signal * HEADER_WORDS;
    const slots = layout.slots[signal]!;
    const written = Atomics.load(header, word + WRITTEN) >>> 0;
    const count = Math.min(written, slots, values.length, instants.length);
    for (let index = 0; index < count; index++) {
      const slot = first[signal]! + ((written - count + index) % slots);
      values[index] = this.#memory.values[slot]!;
      instants[index] = this.#memory.instants[slot]!;
    }
    Atomics.store(this.#fence, 0, 0);
    Atomics.load(this.#fence, 0);
    const claimed = Atomics.load(header, word + CLAIMED) >>> 0;
    const torn = Math.min(count, Math.max(0, claimed - (written - count) - slots));
    if (torn > 0) {
      values.copyWithin(0, torn, count);
      instants.copyWithin(0, torn, count);
    }
    return count - torn;
  }
}
