// The last hour of every signal of a machine: an ear on intake that writes the history's rings.

import {
  type HistoryLayout,
  HistoryReader,
  HistoryWriter,
  historyLayout,
} from "../../runtime/ring/history-ring.ts";
import type { Mono } from "../../runtime/signal/instant.ts";
import type { SignalIndex } from "../../runtime/signal/signal.ts";
import type { SampleTrack } from "../../runtime/usage/condition-track.ts";
import type { Machine } from "../machine-file/machine.ts";

/** Of a signal that nobody polls: computed ones come with what they are computed from. */
const EVERY_MS_DEFAULT = 1_000;

export class MachineHistory {
  readonly #writer: HistoryWriter;
  readonly #reader: HistoryReader;

  constructor(machine: Pick<Machine, "signals" | "waveforms" | "buses">) {
    const everyMs = new Array<number>(machine.signals.length).fill(EVERY_MS_DEFAULT);
    for (const device of machine.buses.flatMap(({ devices }) => devices)) {
      for (const { kind, index } of device.points) {
        if (kind === "signal") everyMs[index] = device.everyMs;
      }
    }
    for (const { featureSignals, windowSamples, rate } of machine.waveforms) {
      for (const signal of featureSignals) everyMs[signal] = (windowSamples / rate) * 1_000;
    }
    this.#writer = new HistoryWriter(historyLayout(everyMs));
    this.#reader = new HistoryReader(this.#writer.layout, this.#writer.buffer);
  }

  get layout(): HistoryLayout {
    return this.#writer.layout;
  }

  /** For a thread that reads it. */
  get buffer(): SharedArrayBuffer {
    return this.#writer.buffer;
  }

  /** What hears the samples of one signal. */
  trackOf(signal: SignalIndex): SampleTrack {
    return new HistoryTrack(this.#writer, signal);
  }

  /** As `HistoryReader.copy`. */
  copy(signal: SignalIndex, values: Float64Array, instants: Float64Array): number {
    return this.#reader.copy(signal, values, instants);
  }
}

class HistoryTrack implements SampleTrack {
  readonly #writer: HistoryWriter;
  readonly #signal: SignalIndex;

  constructor(writer: HistoryWriter, signal: SignalIndex) {
    this.#writer = writer;
    this.#signal = signal;
  }

  good(value: number, at: Mono): void {
    this.#writer.keep(this.#signal, value, at);
  }

  bad(at: Mono): void {
    this.#writer.keep(this.#signal, Number.NaN, at);
  }
}
