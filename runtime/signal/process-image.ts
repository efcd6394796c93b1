// What is current: one row per signal in typed arrays, written by intake, read by everyone who
// shows or decides on live values. It promises nothing about completeness; the journal does.

import type { Mono } from "./instant.ts";
import { codeOf, GOOD, type QualityCode, qualityOf, reasonOfCode } from "./quality.ts";
import type { SignalDefinition, SignalIndex } from "./signal.ts";

/** A live value as it leaves the process: never a number whose quality is bad. */
export interface LiveValue {
  readonly value: number | null;
  readonly quality: "good" | "uncertain" | "bad";
  readonly reason?: string;
  /** Milliseconds since the last sample of any quality; null before the first. */
  readonly age: number | null;
  /** The last good value and how old it is, where the present one is not good. */
  readonly last?: { readonly value: number; readonly age: number };
}

/** No sample yet. Monotonic time is never negative. */
const NEVER = -1;

export class ProcessImage {
  readonly signals: readonly SignalDefinition[];
  /** Scaled value of the last good or uncertain sample. */
  readonly values: Float64Array;
  readonly qualities: Uint8Array;
  /** Monotonic time of the last sample of any quality; -1 before the first. */
  readonly sampledAt: Float64Array;
  /** Monotonic time of the last good sample; -1 before the first. */
  readonly goodAt: Float64Array;
  /** How often each row was written (modulo 2^32), so that a reader sees what it passed over. */
  readonly updates: Uint32Array;
  readonly #indexes: ReadonlyMap<string, SignalIndex>;

  constructor(signals: readonly SignalDefinition[]) {
    this.signals = signals;
    this.values = new Float64Array(signals.length);
    this.qualities = new Uint8Array(signals.length).fill(codeOf("not-connected"));
    this.sampledAt = new Float64Array(signals.length).fill(NEVER);
    this.goodAt = new Float64Array(signals.length).fill(NEVER);
    this.updates = new Uint32Array(signals.length);
    this.#indexes = new Map(signals.map((signal, index) => [signal.name, index]));
  }

  indexOf(name: string): SignalIndex | undefined {
    return this.#indexes.get(name);
  }

  /** Hot path: once per sample. */
  good(index: SignalIndex, value: number, at: Mono): void {
    this.values[index] = value;
    this.qualities[index] = GOOD;
    this.sampledAt[index] = at;
    this.goodAt[index] = at;
    this.updates[index]!++;
  }

  bad(index: SignalIndex, code: QualityCode, at: Mono): void {
    this.qualities[index] = code;
    this.sampledAt[index] = at;
    this.updates[index]!++;
  }

  /**
   * No sample came: the value is withdrawn, but `sampledAt` keeps telling the truth about its age.
   */
  stale(index: SignalIndex): void {
    this.qualities[index] = codeOf("stale");
    this.updates[index]!++;
  }

  live(index: SignalIndex, now: Mono): LiveValue {
    const code = this.qualities[index]!;
    const sampledAt = this.sampledAt[index]!;
    const goodAt = this.goodAt[index]!;
    const age = sampledAt === NEVER ? null : Math.max(0, now - sampledAt);
    const value = this.values[index]!;
    const quality = qualityOf(code);
    if (quality === "good") return { value, quality, age };
    const reason = reasonOfCode(code)!;
    const last = goodAt === NEVER ? {} : { last: { value, age: Math.max(0, now - goodAt) } };
    return { value: quality === "bad" ? null : value, quality, reason, age, ...last };
  }
}
