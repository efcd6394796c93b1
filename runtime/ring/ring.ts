// A fixed-capacity ring of samples in shared memory: one writer, and readers on any thread.
// Positions count samples since the ring was made, modulo 2^32. A reader has to look more often
// than every 2^32 samples, 46 hours at 25.6 kHz: one that is further behind miscounts its loss.

import assert from "node:assert/strict";
import type { Mono } from "../signal/instant.ts";

// Words of the header, as Int32.
/** Samples written so far; published after they were copied in. */
const WRITTEN = 0;
/** Samples whose copying has begun; what they replace is no longer whole. */
const CLAIMED = 1;
/** Writes so far. Its lowest bit says which of the two slots for an instant holds. */
const STAMP = 2;
/** Two words: the position behind each instant's sample. */
const INSTANT_POSITIONS = 4;
/** Two Float64 behind the words: the instants themselves. */
const INSTANTS_BYTE = 24;
const HEADER_BYTES = 64;

/** Well below 2^32, so that differences of positions tell what is in the ring from what is not. */
const SAMPLES_MAX = 2 ** 30;

/**
 * A reader of the instant begins anew when a block was written meanwhile. Blocks are milliseconds
 * apart: so often in a row is a reader that hardly runs, and it gets no instant.
 */
const INSTANT_READS_MAX = 100;

/** The newest sample that a reader can see. */
export interface NewestSample {
  /** Position behind it, so that the samples before it end there. */
  readonly position: number;
  readonly at: Mono;
}

/** The shared memory as both sides see it. */
class RingMemory {
  readonly buffer: SharedArrayBuffer;
  /** A power of two. */
  readonly samplesMax: number;
  readonly header: Int32Array;
  readonly instants: Float64Array;
  readonly slots: Float32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.header = new Int32Array(buffer, 0, INSTANTS_BYTE / 4);
    this.instants = new Float64Array(buffer, INSTANTS_BYTE, 2);
    this.slots = new Float32Array(buffer, HEADER_BYTES);
    this.samplesMax = this.slots.length;
    assert(isCapacity(this.samplesMax), "not the memory of a ring");
  }
}

function isCapacity(samples: number): boolean {
  return samples > 0 && samples <= SAMPLES_MAX && Number.isInteger(Math.log2(samples));
}

/**
 * Makes a ring and gives its writer; readers are made from the writer's `buffer`.
 *
 * @param samplesMax capacity; a power of two.
 * @param position where counting begins; a test begins just before the wrap.
 */
export function createRing(samplesMax: number, position = 0): RingWriter {
  assert(isCapacity(samplesMax), "a ring's capacity is a power of two");
  const buffer = new SharedArrayBuffer(HEADER_BYTES + samplesMax * 4);
  const memory = new RingMemory(buffer);
  memory.header[WRITTEN] = position;
  memory.header[CLAIMED] = position;
  memory.instants.fill(Number.NaN);
  return new RingWriter(memory);
}

export class RingWriter {
  readonly samplesMax: number;
  readonly buffer: SharedArrayBuffer;
  readonly #memory: RingMemory;
  #written: number;
  #stamp: number;

  constructor(memory: RingMemory) {
    this.#memory = memory;
    this.samplesMax = memory.samplesMax;
    this.buffer = memory.buffer;
    this.#written = memory.header[WRITTEN]!;
    this.#stamp = memory.header[STAMP]!;
  }

  /** Position behind the newest sample: 0 to 2^32 − 1. */
  get written(): number {
    return this.#written >>> 0;
  }

  /**
   * Writes `count` samples of `source`, from `start` on and scaled, over the oldest ones; `at` is
   * the instant of the last one. Hot path: 25,600 samples per second and channel; no allocation.
   *
   * The writer never waits and never refuses: an acquisition loop that blocks loses data it cannot
   * count. Each reader keeps its own position, looks at what was claimed after copying, and counts
   * what was overwritten under it.
   */
  write(source: Float32Array, start: number, count: number, scale: number, at: Mono): void {
    assert(count > 0 && count <= this.samplesMax, "a write is between 1 and the ring's capacity");
    assert(start >= 0 && start + count <= source.length, "a write ends where its source ends");
    const { header, instants, slots } = this.#memory;
    const mask = this.samplesMax - 1;
    const written = this.#written;
    const next = (written + count) | 0;
    const stamp = (this.#stamp + 1) | 0;
    Atomics.store(header, CLAIMED, next);
    // Keeps the stores below behind the claim: an atomic store alone lets later plain ones pass it.
    Atomics.load(header, CLAIMED);
    for (let index = 0; index < count; index++) {
      slots[(written + index) & mask] = source[start + index]! * scale;
    }
    header[INSTANT_POSITIONS + (stamp & 1)] = next;
    instants[stamp & 1] = at;
    // Published after the copy: a reader that sees the new count must see the samples too.
    Atomics.store(header, WRITTEN, next);
    Atomics.store(header, STAMP, stamp);
    this.#written = next;
    this.#stamp = stamp;
  }
}

export class RingReader {
  readonly samplesMax: number;
  /** Samples that were gone before this reader came to them. */
  overwritten = 0;
  readonly #memory: RingMemory;
  /** Written and read for the sake of order only. */
  readonly #fence = new Int32Array(1);
  #position: number;

  /** @param position of the first sample that is wanted; without it, the next one to be written. */
  constructor(buffer: SharedArrayBuffer, position?: number) {
    this.#memory = new RingMemory(buffer);
    this.samplesMax = this.#memory.samplesMax;
    this.#position = position ?? Atomics.load(this.#memory.header, WRITTEN);
  }

  /** Position of the sample that is read next: 0 to 2^32 − 1. */
  get position(): number {
    return this.#position >>> 0;
  }

  /**
   * Copies the next samples out, in order, and gives how many. What was overwritten before or
   * during the copy is counted in `overwritten` and passed over; the samples given are whole.
   */
  read(into: Float32Array): number {
    const written = Atomics.load(this.#memory.header, WRITTEN);
    const behind = (written - this.#position) >>> 0;
    if (behind > this.samplesMax) this.#skip(behind - this.samplesMax);
    const count = Math.min(behind, this.samplesMax, into.length);
    const from = this.#position;
    this.#copy(from, into, count);
    const torn = Math.min(count, Math.max(0, this.#claimedSince(from) - this.samplesMax));
    if (torn > 0) into.copyWithin(0, torn, count);
    this.overwritten += torn;
    this.#position = (from + count) | 0;
    return count - torn;
  }

  /**
   * Copies the `count` samples that end at a position, whatever was read before. Gives false where
   * they are no longer, or not yet, all there; `into` then holds nothing of use.
   */
  copyEndingAt(endPosition: number, count: number, into: Float32Array): boolean {
    assert(count <= into.length, "a copy fits into its target");
    const from = (endPosition - count) | 0;
    const written = Atomics.load(this.#memory.header, WRITTEN);
    const since = (written - from) >>> 0;
    if (since < count || since > this.samplesMax) return false;
    this.#copy(from, into, count);
    return this.#claimedSince(from) <= this.samplesMax;
  }

  /** The newest sample's position and instant, as one; null before the first. */
  newest(): NewestSample | null {
    const { header, instants } = this.#memory;
    for (let attempt = 0; attempt < INSTANT_READS_MAX; attempt++) {
      const stamp = Atomics.load(header, STAMP);
      const at = instants[stamp & 1]!;
      const position = header[INSTANT_POSITIONS + (stamp & 1)]! >>> 0;
      this.#keepOrder();
      // The writer uses the other slot first: this one is whole unless it has finished a write.
      if (Atomics.load(header, STAMP) === stamp) return Number.isNaN(at) ? null : { position, at };
    }
    return null;
  }

  #skip(count: number): void {
    this.overwritten += count;
    this.#position = (this.#position + count) | 0;
  }

  #copy(from: number, into: Float32Array, count: number): void {
    const { slots } = this.#memory;
    const mask = this.samplesMax - 1;
    for (let index = 0; index < count; index++) into[index] = slots[(from + index) & mask]!;
  }

  #claimedSince(from: number): number {
    this.#keepOrder();
    return (Atomics.load(this.#memory.header, CLAIMED) - from) >>> 0;
  }

  /** Keeps the plain loads before it in front of the atomic ones after it, which ARM does not. */
  #keepOrder(): void {
    Atomics.store(this.#fence, 0, 0);
    Atomics.load(this.#fence, 0);
  }
}
