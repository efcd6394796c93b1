// Keeps the waveform around an alarm, before and after it, and puts its name on record.

import type { CopiedWaveform } from "../../runtime/diagnosis/diagnosis-messages.ts";
import type { KeptWaveform, Kind } from "../../runtime/journal/record.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Timer, Timers } from "../../runtime/signal/timers.ts";
import type { MachineWaveform } from "../machine-file/machine.ts";

/** What is kept: the seconds before an alarm and after it, as far as the ring holds them. */
const BEFORE_MS = 8_000;
const AFTER_MS = 2_000;
/** The same alarm again within this has its waveform already: one that flaps wears no disk. */
const APART_MS = 60_000;
/**
 * Waveforms of one channel within that time. A limit that is passed seconds before a finding must
 * not cost the finding its waveform; beyond these a machine fails in so many ways at once that
 * the earlier ones show it.
 */
const KEPT_MAX = 4;
/** Names that one record holds; a machine that fails raises some alarms at once. */
const ALARMS_MAX = 16;

export interface WaveformKeeperOptions {
  readonly waveforms: readonly MachineWaveform[];
  /** The samples that end with the channel's newest one. */
  readonly copy: (channel: number, samples: number) => Promise<CopiedWaveform | null>;
  /** Resolves when they are on the disk. */
  readonly keep: (sha256: string, samples: Float32Array) => Promise<void>;
  readonly record: (kind: Kind, body: object, at: number) => void;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly onFailure: (error: unknown) => void;
}

interface Waiting {
  readonly alarms: string[];
  readonly timer: Timer;
}

interface Kept {
  readonly at: number;
  readonly alarms: readonly string[];
}

export class WaveformKeeper {
  readonly #options: WaveformKeeperOptions;
  readonly #waiting = new Map<number, Waiting>();
  /** By channel, those of the last minute. */
  readonly #kept = new Map<number, readonly Kept[]>();

  constructor(options: WaveformKeeperOptions) {
    this.#options = options;
  }

  /**
   * An alarm became active.
   * @param sources the signals and waveforms that it stands on, by name.
   */
  raised(alarm: string, sources: readonly string[]): void {
    const { waveforms } = this.#options;
    for (const [channel, { name }] of waveforms.entries()) {
      if (sources.includes(name)) this.#await(channel, alarm);
    }
  }

  close(): void {
    for (const { timer } of this.#waiting.values()) timer.cancel();
    this.#waiting.clear();
  }

  #await(channel: number, alarm: string): void {
    const { timers } = this.#options;
    const waiting = this.#waiting.get(channel);
    if (waiting !== undefined) {
      if (waiting.alarms.length < ALARMS_MAX) waiting.alarms.push(alarm);
      return;
    }
    const kept = this.#keptLately(channel);
    if (kept.length >= KEPT_MAX || kept.some(({ alarms }) => alarms.includes(alarm))) return;
    const timer = timers.after(AFTER_MS, () => void this.#keep(channel));
    this.#waiting.set(channel, { alarms: [alarm], timer });
  }

  #keptLately(channel: number): readonly Kept[] {
    const now = this.#options.clock.mono();
    return (this.#kept.get(channel) ?? []).filter(({ at }) => now - at < APART_MS);
  }

  /** Never rejects: an alarm stands without its waveform, too. */
  async #keep(channel: number): Promise<void> {
    const { waveforms, copy, keep, record, onFailure, clock } = this.#options;
    const { name, unit, rate, ringSamples } = waveforms[channel]!;
    const { alarms } = this.#waiting.get(channel)!;
    this.#waiting.delete(channel);
    const at = clock.mono();
    this.#kept.set(channel, [...this.#keptLately(channel), { at, alarms }]);
    const wanted = Math.floor(((BEFORE_MS + AFTER_MS) / 1_000) * rate);
    try {
      // Half of the ring at most: the rest is overwritten while the thread comes to it.
      const copied = await copy(channel, Math.min(wanted, ringSamples / 2));
      if (copied === null) return;
      const { samples, sha256, windows } = copied;
      await keep(sha256, samples);
      const kept: KeptWaveform = {
        waveform: name,
        alarms,
        unit,
        rate,
        samples: samples.length,
        format: "f32le",
        sha256,
        windows,
      };
      record("waveform", kept, at);
    } catch (error) {
      onFailure(error);
    }
  }
}
