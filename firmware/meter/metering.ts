// The part of the meter that counts: process image, intake, usage, alarms and registers, wired
// together over journal, ledger and register slots. It knows no device and no real clock, so that
// a simulated life goes through the same code as the machine's live samples.

import type { StandingAlarm } from "../../runtime/diagnosis/alarm-book.ts";
import type { AlarmState } from "../../runtime/diagnosis/alarms.ts";
import type { Finding } from "../../runtime/diagnosis/finding.ts";
import type { Knowledge } from "../../runtime/diagnosis/knowledge.ts";
import { Intake } from "../../runtime/intake/intake.ts";
import type { Kind } from "../../runtime/journal/record.ts";
import type { LedgerKeeper, UsageMoment } from "../../runtime/ledger/keeper.ts";
import type { LeafDetails } from "../../runtime/ledger/leaf.ts";
import type { Clock, Instant, Mono } from "../../runtime/signal/instant.ts";
import { ProcessImage } from "../../runtime/signal/process-image.ts";
import type { QualityCode } from "../../runtime/signal/quality.ts";
import { conditionsOf } from "../../runtime/usage/condition.ts";
import type { ClosedGap } from "../../runtime/usage/hour-register.ts";
import type { PastLife } from "../../runtime/usage/past-life.ts";
import type { SavedRegisters } from "../../runtime/usage/register-slots.ts";
import {
  type UsageConflict,
  UsageMeter,
  type UsageTransition,
} from "../../runtime/usage/usage-meter.ts";
import { undecidedMsMax } from "../../runtime/usage/usage-rules.ts";
import { ZERO_REGISTERS } from "../../runtime/usage/usage-state.ts";
import type { Machine } from "../machine-file/machine.ts";
import { GnssAnchor } from "./gnss-anchor.ts";
import { MachineHistory } from "./machine-history.ts";
import { type FindingCircumstances, MeterAlarms, type SystemAlarm } from "./meter-alarms.ts";
import { PowerFail } from "./power-fail.ts";
import { SlowFeatures } from "./slow-features.ts";

/** How often time is settled, staleness looked for and alarms judged. */
export const TICK_MS = 250;
/**
 * Registers are saved at least this often. With the two seconds by which they usually trail the
 * samples, a power cut takes at most 10 s and one sync.
 */
export const SAVE_EVERY_MS = 8_000;
/** What the sync of a save may take on a worn card; part of the bound that a recovery states. */
const SYNC_MS_MAX = 2_000;
/** A usage record at least this often, so that a reader's hours are never older. */
const USAGE_RECORD_EVERY_MS = 15 * 60_000;

/** The part of the journal that metering writes to. */
export interface Recorder {
  sample(signal: number, value: number, code: QualityCode, at: Mono): void;
  record(kind: Kind, body: object, at: Mono): void;
}

export interface MeteringOptions {
  readonly machine: Machine;
  readonly clock: Clock;
  readonly recorder: Recorder;
  /** Null where hours are not proved: a test of something else. */
  readonly keeper?: LedgerKeeper | null;
  /** Null at the very first start. */
  readonly past: PastLife | null;
  /** Saves in the background; a newer state supersedes one that still waits. */
  readonly save: (state: SavedRegisters) => void;
  /** What findings lead on to, before the maker's word; without it they lead on to that alone. */
  readonly knowledge?: Knowledge;
}

const NO_LOAD: FindingCircumstances = { loadUnit: null };

export class Metering {
  readonly image: ProcessImage;
  readonly intake: Intake;
  readonly usage: UsageMeter;
  /** The last hour of every signal. */
  readonly history: MachineHistory;
  readonly alarms: MeterAlarms;
  readonly #options: MeteringOptions;
  #savedAt: Mono;
  #usageRecordedAt: Mono;

  constructor(options: MeteringOptions) {
    const { machine, clock, recorder, past } = options;
    const startedAt = clock.mono();
    this.#options = options;
    this.#savedAt = startedAt;
    this.#usageRecordedAt = startedAt;
    this.image = new ProcessImage(machine.signals);
    const registers = past?.registers ?? ZERO_REGISTERS;
    this.usage = new UsageMeter(
      machine.usage,
      startedAt,
      registers,
      (transition) => this.#transition(transition),
      {
        onConflict: (conflict) => this.#conflict(conflict),
        onCounterFault: ({ register: name, at, ...detail }) =>
          recorder.record("conflict", { name, detail }, at),
      },
    );
    const { image, usage } = this;
    const { knowledge } = options;
    const parts = { machine, clock, recorder, usage, image, knowledge };
    this.alarms = new MeterAlarms(parts, startedAt);
    const powerFail =
      machine.powerFail &&
      new PowerFail(machine.powerFail, startedAt, () => this.stop("power-fail"));
    const features = new SlowFeatures({
      features: machine.features,
      image: this.image,
      state: () => this.usage.state,
      intake: () => this.intake,
    });
    this.history = new MachineHistory(machine);
    const gnss = new GnssAnchor((wall, at) => this.#anchorAt(wall, at));
    const tracksOf = (signal: number) => [
      ...this.usage.tracksOf(signal),
      ...this.alarms.tracksOf(signal),
      ...(powerFail?.tracksOf(signal) ?? []),
      ...(signal === machine.gnssSignal ? [gnss] : []),
      ...features.tracksOf(signal),
      this.history.trackOf(signal),
    ];
    this.intake = new Intake(this.image, recorder, tracksOf, startedAt);
  }

  /**
   * States what lies between the last saved registers and now. Time that was observed and not yet
   * decided when they were saved becomes UNKNOWN. Within one boot the rest of the gap is certain
   * and UNKNOWN as well; across boots nobody can say how long it was, and nothing is counted.
   * @param genesis the first leaf of a ledger that begins here.
   * @return the gap that it closed, for whoever can prove work in it; null at the first start.
   */
  recover(genesis: LeafDetails["GENESIS"] | null = null): ClosedGap | null {
    const { clock, past, recorder, keeper } = this.#options;
    const now = this.usage.settledAt;
    if (past === null || past.boot !== clock.boot) {
      recorder.record("boot", { name: "boot", detail: { boot: clock.boot } }, now);
    }
    const recovery = past === null ? null : this.#recoverFrom(past, now);
    if (genesis !== null) keeper?.add("GENESIS", genesis, this.moment());
    else if (recovery !== null) keeper?.add("RECOVERY", recovery, this.moment());
    if (past?.boot !== clock.boot) {
      keeper?.add("BOOT", past === null ? {} : { previousBoot: past.boot }, this.moment());
    }
    if (recovery === null) return null;
    this.#recordUsage(now);
    this.save();
    const { undecidedMs, gapMs } = recovery;
    return { postedMs: undecidedMs + (gapMs ?? 0), atMostMs: gapMs ?? null };
  }

  #recoverFrom(past: PastLife, now: Mono): LeafDetails["RECOVERY"] {
    const { clock, recorder } = this.#options;
    const undecidedMs = past.savedAt - past.mono;
    const isSameBoot = past.boot === clock.boot;
    const gapMs = isSameBoot ? Math.max(0, now - past.savedAt) : null;
    this.usage.addUnobserved(undecidedMs + (gapMs ?? 0));
    // Work that may be missing: what now counts as UNKNOWN, and across boots what can have passed
    // since the registers were last saved.
    const lossBoundMs = undecidedMs + (gapMs ?? this.#unsavedMsMax(past));
    const { boot: previousBoot, mono: lastMono, from } = past;
    const detail = {
      previousBoot,
      lastMono,
      undecidedMs,
      gapMs,
      lossBoundMs,
      from,
      registers: this.usage.registers,
    };
    recorder.record("recovery", { name: "recovery", detail }, now);
    return {
      previousBoot,
      previousMono: past.savedAt,
      undecidedMs,
      ...(gapMs === null ? {} : { gapMs }),
      ...(past.addedMs === 0 ? {} : { addedMs: past.addedMs }),
      lossBoundMs,
      from,
    };
  }

  /** What the ledger says of this instant: everything before it is decided. */
  moment(): UsageMoment {
    const { settledAt: at, state, mode, overload, registers } = this.usage;
    return { at, state, mode, overload, registers };
  }

  /** Goes on with the alarms of an earlier life. */
  restoreAlarms(alarms: readonly StandingAlarm[]): void {
    this.alarms.restore(alarms, this.usage.settledAt);
  }

  /** Settles what is known by now. Call each `TICK_MS`. */
  tick(now: Mono): void {
    this.intake.checkStale(now);
    this.alarms.settle(now);
    this.usage.settle(now);
    this.#options.keeper?.look(this.moment(), now);
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
    const { clock, keeper } = this.#options;
    const { settledAt: mono, registers } = this.usage;
    const ledger = keeper ? { ledger: keeper.counters } : {};
    return { boot: clock.boot, mono, savedAt: clock.mono(), registers, ...ledger };
  }

  /** A stop that was asked for, or a supply that is about to fail: all is settled and saved. */
  stop(reason: LeafDetails["STOP"]["reason"]): void {
    const now = this.#options.clock.mono();
    this.tick(now);
    this.#options.keeper?.add("STOP", { reason }, this.moment());
    this.#options.keeper?.checkpoint(now);
    this.save();
  }

  /**
   * Nobody can say what the machine did in between: a suspend, or a process that did not run.
   * @param addedMs what the monotonic clock did not count of it.
   */
  gap(cause: LeafDetails["GAP"]["cause"], forMs: number, addedMs: number, now: Mono): void {
    this.usage.gap(now, cause === "stopped" ? now - forMs : now);
    this.usage.addUnobserved(addedMs);
    this.#options.keeper?.add("GAP", { cause, forMs, addedMs }, this.moment());
    this.save();
  }

  /** Wall time has a new source; it dates what stands before and after it in this boot. */
  anchor(detail: LeafDetails["ANCHOR"]): void {
    this.#options.keeper?.add("ANCHOR", detail, this.moment());
  }

  /** The anchor's leaf stands where time is settled: a little before the sample. */
  #anchorAt({ utc, tq, err }: Pick<Instant, "utc" | "tq" | "err">, at: Mono): void {
    const moment = this.moment();
    const wall = { utc: utc! - (at - moment.at), tq, err };
    this.#options.keeper?.add("ANCHOR", { source: "gnss" }, moment, wall);
  }

  /** The wall clock was set, by more than slewing explains. */
  timeStep(byMs: number, now: Mono): void {
    const { clock, recorder, keeper } = this.#options;
    recorder.record("time-step", { name: "time-step", detail: { byMs } }, now);
    const afterUtc = clock.instantAt(now).utc;
    if (afterUtc === null) return;
    const step = Math.round(byMs);
    keeper?.add("TIME_STEP", { byMs: step, beforeUtc: afterUtc - step, afterUtc }, this.moment());
  }

  /** What stands or is shelved, with the instant and the registers of its onset. */
  get activeAlarms(): readonly StandingAlarm[] {
    return this.alarms.standing;
  }

  /** Raises or clears an alarm that is no condition over signals; a new life begins without. */
  systemAlarm(alarm: SystemAlarm, state: AlarmState, at: Mono): void {
    this.alarms.system(alarm, state, at);
  }

  /**
   * All findings of one judged window, or conclusion, of a source; none where it is well. Not to be
   * called for what could not be judged: that raises nothing and clears nothing.
   */
  findings(
    source: string,
    findings: readonly Finding[],
    at: Mono,
    circumstances: FindingCircumstances = NO_LOAD,
  ): void {
    this.alarms.judged(source, findings, at, circumstances);
  }

  /** A judged window has shown this, and may show more. */
  finding(finding: Finding, at: Mono, circumstances: FindingCircumstances = NO_LOAD): void {
    this.alarms.found(finding, at, circumstances);
  }

  /**
   * A judged window has not shown it. To be said of each such window, as `finding` of the others.
   */
  findingGone(id: string, at: Mono): void {
    this.alarms.gone(id, at);
  }

  #transition(transition: UsageTransition): void {
    const { from, to: state, at, registers, mode, overload, source } = transition;
    this.#usageRecordedAt = at;
    this.#options.recorder.record("usage", { state, mode, registers }, at);
    const detail = source === null ? { from } : { from, source };
    this.#options.keeper?.add("STATE", detail, { at, state, mode, overload, registers });
    this.save();
  }

  #conflict({ name, state, says, at }: UsageConflict): void {
    const rule = this.#options.machine.usage.conflicts?.find((one) => one.name === name);
    const words = says.map((testimony, index) => {
      const between = rule?.between[index];
      const signals = between ? conditionsOf(between).map(({ signal }) => signal) : [];
      const names = [...new Set(signals)].map((signal) => this.image.signals[signal]!.name);
      return `${names.join("+")}=${testimony}`;
    });
    this.#options.recorder.record("conflict", { name, detail: { state, says: words } }, at);
    this.#options.keeper?.add("CONFLICT", { name, state, says: words }, this.moment());
  }

  #recordUsage(now: Mono): void {
    this.#usageRecordedAt = now;
    const { state, mode, registers } = this.usage;
    this.#options.recorder.record("usage", { state, mode, registers }, now);
  }

  /** How much can have passed since the registers that a past life goes by. */
  #unsavedMsMax({ from }: PastLife): number {
    if (from === "slots") return SAVE_EVERY_MS + SYNC_MS_MAX;
    // Beside the registers on record does not stand how much was observed and not decided yet.
    return USAGE_RECORD_EVERY_MS + SYNC_MS_MAX + undecidedMsMax(this.#options.machine.usage);
  }
}
