// The waveforms of a running meter: their rings, the thread that looks at them, and the way of what
// it says into intake and alarms.

import type { Circumstances } from "../../runtime/diagnosis/channel.ts";
import type { ChannelStatus } from "../../runtime/diagnosis/channel-status.ts";
import type {
  DiagnosisThreadData,
  Inheritance,
  Said,
} from "../../runtime/diagnosis/diagnosis-messages.ts";
import { DiagnosisWorker } from "../../runtime/diagnosis/diagnosis-worker.ts";
import type { LearnedState } from "../../runtime/diagnosis/machine-diagnosis.ts";
import type { AlarmBody, Kind } from "../../runtime/journal/record.ts";
import { createRing, type RingWriter } from "../../runtime/ring/ring.ts";
import { WaveformIntake } from "../../runtime/ring/waveform-intake.ts";
import { reasonOf } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { GOOD, type Reason } from "../../runtime/signal/quality.ts";
import type { SignalIndex } from "../../runtime/signal/signal.ts";
import type { SpawnThread } from "../../runtime/signal/thread.ts";
import { atMost, type Timer, type Timers } from "../../runtime/signal/timers.ts";
import { UNITS } from "../../runtime/signal/units.ts";
import { Backoff } from "../../runtime/supervise/backoff.ts";
import { USAGE_STATES, type UsageState } from "../../runtime/usage/usage-state.ts";
import type { Machine, WaveformDiagnosis } from "../machine-file/machine.ts";
import type { Metering } from "./metering.ts";
import { WaveformKeeper } from "./waveform-keeper.ts";

/** What a power cut takes of what was learned. */
const LEARNED_EVERY_MS = 5 * 60_000;
/** Of the time that a clean stop has; what was learned since the last save goes if it is short. */
const LAST_LEARNED_MS = 300;

/** How often the watched signals are looked at. */
const SIGNALS_EVERY_MS = 5_000;

const RUNNING: readonly UsageState[] = ["IDLE", "WORKING"];

/** Its instants are those of one boot. */
export interface SavedLearning {
  readonly boot: string;
  readonly learned: LearnedState;
}

export interface DiagnosisStore {
  /** What was saved last, whatever it is by now; null where nothing was. */
  readonly learned: unknown;
  readonly saveLearned: (learned: SavedLearning) => Promise<void>;
  /** Resolves when the samples are on the disk. */
  readonly keepWaveform: (sha256: string, samples: Float32Array) => Promise<void>;
  /** Null where none of that name is kept. */
  readonly readWaveform: (
    sha256: string,
    offset: number,
    bytesMax: number,
  ) => Promise<{ readonly bytes: Uint8Array; readonly size: number } | null>;
}

export interface DiagnosisDeskOptions {
  readonly machine: Machine;
  readonly metering: Metering;
  readonly store: DiagnosisStore;
  readonly record: (kind: Kind, body: object, at: number) => void;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly spawn: SpawnThread;
}

export class DiagnosisDesk {
  readonly #options: DiagnosisDeskOptions;
  readonly #intakes: readonly WaveformIntake[];
  readonly #rings: readonly RingWriter[];
  readonly #keeper: WaveformKeeper;
  readonly #backoff = new Backoff();
  readonly #running: readonly UsageState[];
  readonly #status = new Map<number, ChannelStatus>();
  #inheritance: Inheritance | null;
  #worker: DiagnosisWorker | null = null;
  #restart: Timer | null = null;
  #saving: Timer | null = null;
  #wasMaintained = false;
  #lookedAt = 0;

  constructor(options: DiagnosisDeskOptions) {
    const { machine, metering, store, record, clock, timers, log } = options;
    this.#options = options;
    this.#inheritance = inheritanceOf(store.learned, clock);
    this.#rings = machine.waveforms.map(({ ringSamples }) => createRing(ringSamples));
    this.#intakes = machine.waveforms.map(
      ({ scale, rate, windowSamples }, index) =>
        new WaveformIntake({
          ring: this.#rings[index]!,
          scale,
          rate,
          windowSamples,
          windowComplete: (end, at) =>
            this.#worker?.windowComplete(index, end, at, this.#circumstances(index, at)),
        }),
    );
    this.#keeper = new WaveformKeeper({
      waveforms: machine.waveforms,
      copy: async (channel, samples) => {
        const end = this.#rings[channel]!.written;
        return this.#worker?.copy(channel, end, samples) ?? null;
      },
      keep: store.keepWaveform,
      record,
      clock,
      timers,
      onFailure: (error) =>
        log.error("the waveform of an alarm could not be kept", { reason: reasonOf(error) }),
    });
    metering.alarms.onRaised = (alarm) => this.#alarmRaised(alarm);
    const { usage } = machine;
    this.#running = usage.WORKING || usage.IDLE ? RUNNING : USAGE_STATES;
  }

  open(): void {
    const { waveforms, diagnosis } = this.#options.machine;
    if (waveforms.length === 0 && diagnosis.watched.length === 0) return;
    this.#startWorker();
    this.#saving = this.#options.timers.every(LEARNED_EVERY_MS, () => void this.#saveLearned());
  }

  waveform(index: number): WaveformIntake {
    return this.#intakes[index]!;
  }

  /** Where waveforms are kept. */
  get store(): DiagnosisStore {
    return this.#options.store;
  }

  /** Where the diagnosis of each waveform stands, as far as anything was concluded. */
  get status(): readonly ChannelStatus[] {
    return [...this.#status.values()];
  }

  /** Call each tick: whoever worked on the machine has changed what is usual. */
  look(): void {
    const { metering, clock } = this.#options;
    const isMaintained = metering.usage.mode === "Maintenance";
    const now = clock.mono();
    if (this.#wasMaintained && !isMaintained) this.#worker?.maintained(now);
    this.#wasMaintained = isMaintained;
    if (now - this.#lookedAt < SIGNALS_EVERY_MS) return;
    this.#lookedAt = now;
    if (this.#options.machine.diagnosis.watched.length > 0) this.#lookAtSignals(now);
  }

  #lookAtSignals(now: number): void {
    const operatingState = this.#stateSince(now - SIGNALS_EVERY_MS, this.#running);
    if (operatingState === null) return;
    this.#worker?.lookAtSignals(now, SIGNALS_EVERY_MS / 1_000, operatingState);
  }

  async close(): Promise<void> {
    this.#saving?.cancel();
    this.#restart?.cancel();
    this.#keeper.close();
    await atMost(this.#options.timers, LAST_LEARNED_MS, this.#saveLearned());
    await this.#worker?.close();
  }

  /** A thread that died is started again; meanwhile its signals turn stale, which is the truth. */
  #startWorker(): void {
    const { clock, timers, log, spawn } = this.#options;
    const startedAt = clock.mono();
    this.#worker = new DiagnosisWorker({
      data: this.#threadData(),
      spawn,
      onFeatures: (channel, values, at, reason) => this.#takeFeatures(channel, values, at, reason),
      onSaid: (channel, said, at) => {
        this.#status.set(channel, said.status);
        this.#takeSaid(said, at, this.#loadUnitOf(channel));
      },
      onSignalsSaid: (said, at) => this.#takeSaid(said, at, null),
      onRefused: (reasons) =>
        log.warn("what was learned does not fit; it is learned anew", { reasons }),
      onFailure: (error) => {
        const waitMs = this.#backoff.next(clock.mono() - startedAt);
        log.error("the diagnosis thread ended", { reason: error.message, waitMs });
        this.#worker = null;
        this.#restart = timers.after(waitMs, () => this.#startWorker());
      },
    });
  }

  #threadData(): DiagnosisThreadData {
    const { machine, metering } = this.#options;
    const { watched, learnMs } = machine.diagnosis;
    return {
      channels: machine.waveforms.map(({ windowSamples, diagnosis }, index) => ({
        ring: this.#rings[index]!.buffer,
        windowSamples,
        diagnosis: diagnosis?.channel ?? null,
      })),
      signals: {
        layout: metering.history.layout,
        history: metering.history.buffer,
        rows: watched.map(({ signal }) => signal),
        watched: watched.map(({ signal, spreadLeast }) => {
          const { name, unit } = machine.signals[signal]!;
          return { name, unit, spreadLeast };
        }),
      },
      learnMs,
      standing: metering.alarms.standing.flatMap(({ id, source, finding }) =>
        finding === undefined ? [] : [{ id, source, fault: finding.fault, part: finding.part }],
      ),
      inheritance: this.#inheritance,
    };
  }

  /** An alarm became active: the waveform that it stands on is kept. */
  #alarmRaised({ id, source }: Pick<AlarmBody, "id" | "source">): void {
    const { image } = this.#options.metering;
    const sources = source.split(" ").flatMap((name) => {
      const signal = image.indexOf(name);
      return signal === undefined ? [name] : [name, image.signals[signal]!.source];
    });
    this.#keeper.raised(id, sources);
  }

  /** A window's features are samples like any others, at the instant of their window. */
  #takeFeatures(
    channel: number,
    values: ArrayLike<number> | null,
    at: number,
    reason: Reason | null,
  ): void {
    const { machine, metering } = this.#options;
    const { featureSignals } = machine.waveforms[channel]!;
    const { intake } = metering;
    featureSignals.forEach((signal, position) => {
      const value = values?.[position] ?? Number.NaN;
      if (values === null) intake.reject(signal, reason ?? "overrun", at);
      else if (Number.isNaN(value)) intake.reject(signal, "indeterminate", at);
      else intake.accept(signal, value, at);
    });
  }

  #takeSaid({ findings, gone }: Omit<Said, "status">, at: number, loadUnit: string | null): void {
    const { metering } = this.#options;
    for (const finding of findings) metering.finding(finding, at, { loadUnit });
    for (const id of gone) metering.findingGone(id, at);
  }

  #loadUnitOf(channel: number): string | null {
    const { signals, waveforms } = this.#options.machine;
    const load = waveforms[channel]!.diagnosis?.loadSignal ?? null;
    return load === null ? null : UNITS[signals[load]!.unit]!.symbol;
  }

  /** Null where the window spans a change of state, or lies in one that is not judged. */
  #circumstances(index: number, at: number): Circumstances | null {
    const { machine } = this.#options;
    const { diagnosis, windowSamples, rate } = machine.waveforms[index]!;
    if (diagnosis === null) return null;
    const states = diagnosis.states ?? this.#running;
    const operatingState = this.#stateSince(at - (windowSamples / rate) * 1_000, states);
    if (operatingState === null) return null;
    return {
      speedHz: this.#speedHz(diagnosis),
      load: diagnosis.loadSignal === null ? null : this.#goodValue(diagnosis.loadSignal),
      operatingState,
    };
  }

  /** The operating state, where it has been one and the same since an instant and is judged. */
  #stateSince(since: number, states: readonly UsageState[]): string | null {
    const { state, mode, stateSince } = this.#options.metering.usage;
    if (stateSince > since || !states.includes(state)) return null;
    return mode === "None" ? state : `${state}/${mode}`;
  }

  #speedHz({ speed }: WaveformDiagnosis): number | null {
    if (speed === null) return null;
    if ("hz" in speed) return speed.hz;
    const value = this.#goodValue(speed.signal);
    return value === null ? null : value * speed.hzPerUnit;
  }

  #goodValue(signal: SignalIndex): number | null {
    const { image } = this.#options.metering;
    return image.qualities[signal] === GOOD ? image.values[signal]! : null;
  }

  async #saveLearned(): Promise<void> {
    const learned = (await this.#worker?.learned()) ?? null;
    if (learned === null) return;
    this.#inheritance = { learned, shiftMs: 0 };
    const { store, clock } = this.#options;
    await store.saveLearned({ boot: clock.boot, learned });
  }
}

/** What it holds is looked at where it is restored; here only that there is something. */
function inheritanceOf(saved: unknown, clock: Clock): Inheritance | null {
  if (typeof saved !== "object" || saved === null) return null;
  const { boot, learned } = saved as Partial<SavedLearning>;
  if (typeof learned !== "object" || learned === null) return null;
  return { learned, shiftMs: boot === clock.boot ? 0 : null };
}
