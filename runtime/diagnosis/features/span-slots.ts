// The last span of a slow signal in a fixed number of slots: what robust statistics over time are
// computed from, whatever the rate at which the samples come.

import type { Mono } from "../../signal/instant.ts";

/**
 * A median over so many is within about a tenth of that over all samples, and a slope over all
 * pairs of them takes a tenth of a millisecond.
 */
export const SLOTS = 120;
/** Fewer samples in a span have no spread. */
const SAMPLES_MIN = 8;
/** Share of the slots that must be known for a word about the span. */
const KNOWN_SHARE_MIN = 0.5;

/**
 * How often a short span is looked at anew: medians take the time of a thousand samples, and they
 * are taken where hours are counted.
 */
const LOOK_EVERY_MS = 1_000;

/**
 * Between two good samples that stand close enough together the signal runs straight; what lies
 * before the first, after the last or around a bad one is not known, and counts as nothing.
 */
export class SpanSlots {
  readonly slotMs: number;
  /** Samples farther apart than this are no pair. */
  readonly #pairMsMax: number;
  // One more than is read: the slot that is being filled. Found by slot number modulo the length.
  readonly #knownMs = new Float64Array(SLOTS + 1);
  readonly #integral = new Float64Array(SLOTS + 1);
  /** The last sample in each slot, or before it where a pair spans it. */
  readonly #last = new Float64Array(SLOTS + 1);
  readonly #samples = new Float64Array(SLOTS + 1);
  /** The slot that is being filled; −1 before the first sample. */
  #slot = -1;
  #value = Number.NaN;
  /** Instant of the sample that the next one makes a pair with; −1 where there is none. */
  #pairedAt: Mono = -1;
  /** The last slot that was finished when somebody was told to look, and when that was. */
  #lookedSlot = -1;
  #lookedAt: Mono = Number.NEGATIVE_INFINITY;

  constructor(spanMs: number, pairMsMax: number) {
    this.slotMs = spanMs / SLOTS;
    this.#pairMsMax = Math.min(pairMsMax, spanMs);
  }

  /** Hot path: once per sample. True where slots were finished and it is time to look at them. */
  good(value: number, at: Mono): boolean {
    const slot = Math.floor(at / this.slotMs);
    if (slot < this.#slot || at < this.#pairedAt) return false;
    const isPair = this.#pairedAt >= 0 && at - this.#pairedAt <= this.#pairMsMax;
    this.#advance(slot, isPair);
    if (isPair) this.#integrate(value, at);
    const row = slot % (SLOTS + 1);
    this.#last[row] = value;
    this.#samples[row]!++;
    this.#value = value;
    this.#pairedAt = at;
    if (slot === this.#lookedSlot || at - this.#lookedAt < LOOK_EVERY_MS) return false;
    this.#lookedSlot = slot;
    this.#lookedAt = at;
    return true;
  }

  /** A bad sample, or a state that is of no concern: the next good one begins anew. */
  break(): void {
    this.#pairedAt = -1;
  }

  /** Forgets everything: the next sample begins another span. */
  clear(): void {
    this.#slot = -1;
    this.#pairedAt = -1;
  }

  /** Whether enough of the span is known to say something about it. */
  get isTelling(): boolean {
    let known = 0;
    let samples = 0;
    for (let row = 0; row <= SLOTS; row++) {
      samples += this.#samples[row]!;
      if (this.#knownMs[row]! > 0) known++;
    }
    return this.#slot >= 0 && samples >= SAMPLES_MIN && known >= KNOWN_SHARE_MIN * SLOTS;
  }

  /**
   * Mean of each finished slot that is known, from the oldest on, into `means`, with its place in
   * the span, in slots, in `places`.
   * @return how many there are.
   */
  readMeans(means: Float64Array, places: Float64Array): number {
    let count = 0;
    for (let place = 0; place < SLOTS; place++) {
      const row = this.#rowAt(place);
      if (row < 0 || this.#knownMs[row]! === 0) continue;
      means[count] = this.#integral[row]! / this.#knownMs[row]!;
      places[count++] = place;
    }
    return count;
  }

  /** The same with single samples, whose scatter is that of the signal. */
  readSamples(samples: Float64Array, places: Float64Array): number {
    let count = 0;
    for (let place = 0; place < SLOTS; place++) {
      const row = this.#rowAt(place);
      if (row < 0 || this.#knownMs[row]! === 0) continue;
      samples[count] = this.#last[row]!;
      places[count++] = place;
    }
    return count;
  }

  #rowAt(place: number): number {
    const slot = this.#slot - SLOTS + place;
    return slot < 0 ? -1 : slot % (SLOTS + 1);
  }

  /** Empties the slots between the last sample and this one; a pair holds its value across them. */
  #advance(slot: number, isPair: boolean): void {
    if (this.#slot < 0) {
      this.#knownMs.fill(0);
      this.#samples.fill(0);
      this.#slot = slot;
      this.#reset(slot, Number.NaN);
      return;
    }
    // Older ones than fit are not worth emptying one by one.
    const first = Math.max(this.#slot + 1, slot - SLOTS);
    for (let next = first; next <= slot; next++) {
      this.#reset(next, isPair ? this.#value : Number.NaN);
    }
    this.#slot = slot;
  }

  #reset(slot: number, value: number): void {
    const row = slot % (SLOTS + 1);
    this.#knownMs[row] = 0;
    this.#integral[row] = 0;
    this.#samples[row] = 0;
    this.#last[row] = value;
  }

  /** Parts the straight line from the last sample to this one among the slots that it crosses. */
  #integrate(value: number, at: Mono): void {
    const from = this.#pairedAt;
    const slope = at === from ? 0 : (value - this.#value) / (at - from);
    let start = from;
    while (start < at) {
      const slot = Math.floor(start / this.slotMs);
      // Rounding may put a border's sample into the slot before it.
      const end = Math.min(at, Math.max((slot + 1) * this.slotMs, start + this.slotMs / 1_000));
      const row = slot % (SLOTS + 1);
      const middle = this.#value + slope * ((start + end) / 2 - from);
      this.#knownMs[row]! += end - start;
      this.#integral[row]! += middle * (end - start);
      start = end;
    }
  }
}
