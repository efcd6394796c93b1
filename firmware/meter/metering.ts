// The part of the meter that counts: process image, intake, usage, alarms and registers, wired
// together over a journal. It knows no device and no real clock, so that the demo's month of
// history goes through the same code as the machine's live samples.

import {
  AlarmBook,
  type AlarmDefinition,
  type AlarmState,
} from "../../runtime/diagnosis/alarms.ts";
import { Intake } from "../../runtime/intake/intake.ts";
import type { AlarmBody, Kind } from "../../runtime/journal/record.ts";
import type { Clock, Instant, Mono } from "../../runtime/signal/instant.ts";
import { ProcessImage } from "../../runtime/signal/process-image.ts";
import type { QualityCode } from "../../runtime/signal/quality.ts";
import { conditionsOf } from "../../runtime/usage/condition.ts";
import type { SavedRegisters } from "../../runtime/usage/register-slots.ts";
import { UsageMeter, type UsageTransition } from "../../runtime/usage/usage-meter.ts";
import { type Registers, ZERO_REGISTERS } from "../../runtime/usage/usage-state.ts";
import type { Machine } from "../machine-file/machine.ts";

/** How often time is settled, staleness looked for and alarms judged. */
export const TICK_MS = 250;
/**
 * Registers are saved at least this often. With the two seconds by which they usually trail the
 * samples, a power cut takes at most 10 s and one sync.
 */
const SAVE_EVERY_MS = 8_000;
/** What the sync of a save may take on a worn card; part of the bound that a recovery states. */
const SYNC_MS_MAX = 2_000;
/** A usage record at least this often, so that a reader's hours are never older. */
const USAGE_RECORD_EVERY_MS = 15 * 60_000;

/** The part of the journal that metering writes to. */
export interface Recorder {
  sample(signal: number, value: number, code: QualityCode, at: Mono): void;
  record(kind: Kind, body: object, at: Mono): void;
}

/** An alarm about the controller itself, which no signal of the machine file stands for. */
export type SystemAlarm = Pick<AlarmBody, "id" | "source" | "ne107" | "severity" | "text">;

export interface MeteringOptions {
  readonly machine: Machine;
  readonly clock: Clock;
  readonly recorder: Recorder;
  /** What the register slots held at start; null at the very first. */
  readonly saved: SavedRegisters | null;
  /** Where `saved` comes from, when the slots were lost. */
  readonly savedFrom?: "slots" | "journal";
  /** Saves in the background; a newer state supersedes one that still waits. */
  readonly save: (state: SavedRegisters) => void;
}

export class Metering {
  readonly image: ProcessImage;
  readonly intake: Intake;
  readonly usage: UsageMeter;
  readonly #options: MeteringOptions;
  readonly #alarms: AlarmBook;
  /** Since when alarms of an earlier life have been active, until they are cleared. */
  readonly #restoredSince = new Map<string, Instant>();
  readonly #systemAlarms = new Map<string, AlarmBody & { readonly since: Instant }>();
  #savedAt: Mono;
  #usageRecordedAt: Mono;

  constructor(options: MeteringOptions) {
    const { machine, clock, recorder, saved } = options;
    const startedAt = clock.mono();
    this.#options = options;
    this.#savedAt = startedAt;
    this.#usageRecordedAt = startedAt;
    this.image = new ProcessImage(machine.signals);
    const registers = saved?.registers ?? ZERO_REGISTERS;
    this.usage = new UsageMeter(machine.usage, startedAt, registers, (transition) =>
      this.#transition(transition),
    );
    this.#alarms = new AlarmBook(machine.alarms, startedAt, ({ alarm, state, at }) =>
      this.#recordAlarm(alarm, state, at),
    );
    const tracksOf = (signal: number) => [
      ...this.usage.tracksOf(signal),
      ...this.#alarms.tracksOf(signal),
    ];
    this.intake = new Intake(this.image, recorder, tracksOf, startedAt);
  }

  /**
   * States what lies between the last saved registers and now. Within one boot the gap is certain
   * and counts as UNKNOWN; across boots nobody can say how long it was, and nothing is counted.
   */
  recover(): void {
    const { clock, saved, recorder } = this.#options;
    const now = this.usage.settledAt;
    if (saved === null || saved.boot !== clock.boot) {
      recorder.record("boot", { name: "boot", detail: { boot: clock.boot } }, now);
    }
    if (saved === null) return;
    const gapMs = saved.boot === clock.boot ? Math.max(0, now - saved.mono) : null;
    if (gapMs !== null) this.usage.addUnobserved(gapMs);
    const detail = {
      previousBoot: saved.boot,
      lastMono: saved.mono,
      gapMs,
      // Work that may be missing: within one boot what now counts as UNKNOWN, else what can have
      // passed since the registers were last settled.
      lossBoundMs: gapMs ?? saved.savedAt - saved.mono + this.#savedEveryMs() + SYNC_MS_MAX,
      from: this.#options.savedFrom ?? "slots",
      registers: this.usage.registers,
    };
    recorder.record("recovery", { name: "recovery", detail }, now);
    this.#recordUsage(now);
    this.save();
  }

  /**
   * Goes on with the alarms of an earlier life: one that is over is cleared when its signals say
   * so. One that the machine file no longer has is cleared at once, so that nobody waits for it.
   */
  restoreAlarms(alarms: readonly (AlarmBody & { readonly since: Instant })[]): void {
    const now = this.usage.settledAt;
    for (const { since, ...body } of alarms) {
      if (this.#alarms.restore(body.id, now)) this.#restoredSince.set(body.id, since);
      else this.#options.recorder.record("alarm", { ...body, state: "cleared" }, now);
    }
  }

  /** Settles what is known by now. Call each `TICK_MS`. */
  tick(now: Mono): void {
    this.intake.checkStale(now);
    this.usage.settle(now);
    this.#alarms.settle(now);
    if (now - this.#usageRecordedAt >= USAGE_RECORD_EVERY_MS) this.#recordUsage(now);
    if (now - this.#savedAt >= SAVE_EVERY_MS) this.save();
  }

  save(): void {
    const { clock, save } = this.#options;
    this.#savedAt = clock.mono();
    save(this.stateToSave());
  }

  /** The registers as they are settled by now. */
  stateToSave(): SavedRegisters {
    const { boot } = this.#options.clock;
    const { settledAt: mono, registers } = this.usage;
    return { boot, mono, savedAt: this.#options.clock.mono(), registers };
  }

  get activeAlarms(): readonly (AlarmBody & { readonly since: Instant })[] {
    const ofSignals = this.#alarms.active.map(({ alarm, since }) => ({
      ...this.#alarmBody(alarm, "active"),
      since: this.#restoredSince.get(alarm.name) ?? this.#options.clock.instantAt(since),
    }));
    return [...ofSignals, ...this.#systemAlarms.values()];
  }

  /** Raises or clears an alarm that is no condition over signals; a new life begins without. */
  systemAlarm(alarm: SystemAlarm, state: AlarmState, at: Mono): void {
    const body = { ...alarm, state, registers: this.usage.registers };
    if (state === "cleared") this.#systemAlarms.delete(alarm.id);
    else this.#systemAlarms.set(alarm.id, { ...body, since: this.#options.clock.instantAt(at) });
    this.#options.recorder.record("alarm", body, at);
  }

  #recordAlarm(alarm: AlarmDefinition, state: AlarmState, at: Mono): void {
    this.#restoredSince.delete(alarm.name);
    this.#options.recorder.record("alarm", this.#alarmBody(alarm, state), at);
  }

  #savedEveryMs(): number {
    return this.#options.savedFrom === "journal" ? USAGE_RECORD_EVERY_MS : SAVE_EVERY_MS;
  }

  #transition({ to, at, registers }: UsageTransition): void {
    this.#usageRecordedAt = at;
    this.#options.recorder.record("usage", { state: to, registers }, at);
    this.save();
  }

  #recordUsage(now: Mono): void {
    this.#usageRecordedAt = now;
    const { state, registers } = this.usage;
    this.#options.recorder.record("usage", { state, registers }, now);
  }

  #alarmBody(alarm: AlarmDefinition, state: AlarmState): AlarmBody {
    const { name, severity, ne107, text } = alarm;
    const signals = conditionsOf(alarm.when).map(({ signal }) => this.image.signals[signal]!.name);
    const registers: Registers = this.usage.registers;
    return {
      id: name,
      source: [...new Set(signals)].join(" "),
      ne107,
      severity,
      state,
      text,
      registers,
    };
  }
}
