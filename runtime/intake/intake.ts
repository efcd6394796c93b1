// Where every sample enters: raw value to unit, range, quality, the process image, the conditions
// that wait for it, and the choice of what is worth recording.

import type { Mono } from "../signal/instant.ts";
import type { ProcessImage } from "../signal/process-image.ts";
import { codeOf, GOOD, type QualityCode, qualityOf, type Reason } from "../signal/quality.ts";
import type { SignalIndex } from "../signal/signal.ts";
import type { SampleTrack } from "../usage/condition-track.ts";

/**
 * Takes the samples that are to be recorded. Where the code is not good, `value` is the last good
 * one, or NaN where there was none.
 */
export interface SampleRecorder {
  sample(signal: SignalIndex, value: number, code: QualityCode, at: Mono): void;
}

const STALE = codeOf("stale");
const OUT_OF_RANGE = codeOf("out-of-range");
/** No recorded sample yet: the first is always recorded. */
const NOTHING = -1;

export class Intake {
  readonly #image: ProcessImage;
  readonly #recorder: SampleRecorder;
  readonly #tracks: readonly (readonly SampleTrack[])[];
  // Settings and memory by signal, in columns: the hot path touches no object per sample.
  readonly #scale: Float64Array;
  readonly #divisor: Float64Array;
  readonly #offset: Float64Array;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  readonly #deadband: Float64Array;
  readonly #deadbandShare: Float64Array;
  /** What a change must reach now to be recorded: the larger of the two deadbands. */
  readonly #step: Float64Array;
  readonly #heartbeatMs: Float64Array;
  readonly #staleMs: Float64Array;
  readonly #recordedValue: Float64Array;
  readonly #recordedCode: Int16Array;
  readonly #recordedAt: Float64Array;
  /** A signal that has never spoken counts as silent since then. */
  readonly #startedAt: Mono;

  /** `tracksOf` names the conditions of usage and alarms that follow a signal. */
  constructor(
    image: ProcessImage,
    recorder: SampleRecorder,
    tracksOf: (signal: SignalIndex) => readonly SampleTrack[],
    startedAt: Mono,
  ) {
    this.#image = image;
    this.#recorder = recorder;
    this.#startedAt = startedAt;
    const signals = image.signals;
    this.#tracks = signals.map((_, index) => tracksOf(index));
    // 853 × 0.1 is 85.30000000000001, 853 / 10 is 85.3: a decimal scale divides by its inverse.
    this.#divisor = Float64Array.from(signals, ({ scale }) => wholeInverse(scale) ?? 1);
    this.#scale = Float64Array.from(signals, ({ scale }) => (wholeInverse(scale) ? 1 : scale));
    this.#offset = Float64Array.from(signals, (signal) => signal.offset);
    // A signal without a declared range still has one: infinity is no measurement and no JSON.
    this.#low = Float64Array.from(signals, ({ range }) => Math.max(range[0], -Number.MAX_VALUE));
    this.#high = Float64Array.from(signals, ({ range }) => Math.min(range[1], Number.MAX_VALUE));
    this.#deadband = Float64Array.from(signals, (signal) => signal.deadband);
    this.#deadbandShare = Float64Array.from(signals, (signal) => signal.deadbandShare);
    this.#step = new Float64Array(signals.length);
    this.#heartbeatMs = Float64Array.from(signals, (signal) => signal.heartbeatMs);
    this.#staleMs = Float64Array.from(signals, (signal) => signal.staleMs);
    this.#recordedValue = new Float64Array(signals.length);
    this.#recordedCode = new Int16Array(signals.length).fill(NOTHING);
    this.#recordedAt = new Float64Array(signals.length);
  }

  /**
   * One value as a device or a feature thread gave it. Hot path: no allocation.
   *
   * @param sampledAt of this boot. An instant computed from a rate has a fraction; hours have none.
   */
  accept(signal: SignalIndex, raw: number, sampledAt: Mono): void {
    const at = Math.floor(sampledAt);
    const value = (raw * this.#scale[signal]!) / this.#divisor[signal]! + this.#offset[signal]!;
    // Written so that NaN fails.
    if (!(value >= this.#low[signal]! && value <= this.#high[signal]!)) {
      this.#refuse(signal, OUT_OF_RANGE, at);
      return;
    }
    this.#image.good(signal, value, at);
    const tracks = this.#tracks[signal]!;
    for (let index = 0; index < tracks.length; index++) tracks[index]!.good(value, at);
    // A deadband of 0 records every change and no repetition.
    const moved = Math.abs(value - this.#recordedValue[signal]!);
    if (
      this.#recordedCode[signal] === GOOD &&
      (moved < this.#step[signal]! || moved === 0) &&
      at - this.#recordedAt[signal]! < this.#heartbeatMs[signal]!
    ) {
      return;
    }
    this.#record(signal, value, GOOD, at);
  }

  /** The device, or what stands between, says that this signal has no usable value now. */
  reject(signal: SignalIndex, reason: Reason, at: Mono): void {
    this.#refuse(signal, codeOf(reason), Math.floor(at));
  }

  /**
   * Withdraws the values that nobody has confirmed for too long, once each. Call a few times a
   * second. What was bad before it fell silent has no value to withdraw and keeps the reason it
   * had: a device that is asked again every few minutes would otherwise change between two reasons
   * forever.
   */
  checkStale(now: Mono): void {
    const { qualities, sampledAt } = this.#image;
    for (let signal = 0; signal < this.#staleMs.length; signal++) {
      const spoken = sampledAt[signal]! >= this.#startedAt;
      if (qualities[signal] === STALE) continue;
      if (spoken && qualityOf(qualities[signal]!) === "bad") continue;
      const since = spoken ? sampledAt[signal]! : this.#startedAt;
      if (now - since <= this.#staleMs[signal]!) continue;
      this.#image.stale(signal);
      this.#record(signal, this.#lastGood(signal), STALE, now);
    }
  }

  #refuse(signal: SignalIndex, code: QualityCode, at: Mono): void {
    this.#image.bad(signal, code, at);
    const tracks = this.#tracks[signal]!;
    for (let index = 0; index < tracks.length; index++) tracks[index]!.bad(at);
    if (
      this.#recordedCode[signal] === code &&
      at - this.#recordedAt[signal]! < this.#heartbeatMs[signal]!
    ) {
      return;
    }
    this.#record(signal, this.#lastGood(signal), code, at);
  }

  /** What a record without a value says of the past; NaN where there was never a good value. */
  #lastGood(signal: SignalIndex): number {
    return this.#image.goodAt[signal]! < 0 ? Number.NaN : this.#image.values[signal]!;
  }

  #record(signal: SignalIndex, value: number, code: QualityCode, at: Mono): void {
    this.#recordedValue[signal] = value;
    const share = this.#deadbandShare[signal]! * Math.abs(value);
    this.#step[signal] = Math.max(this.#deadband[signal]!, share);
    this.#recordedCode[signal] = code;
    this.#recordedAt[signal] = at;
    this.#recorder.sample(signal, value, code, at);
  }
}

/** 10 for 0.1, 20 for 0.05; null where the inverse is no whole number. */
function wholeInverse(scale: number): number | null {
  if (scale === 0 || Math.abs(scale) >= 1) return null;
  const inverse = Math.round(1 / scale);
  return 1 / inverse === scale ? inverse : null;
}
