// The machine's alarms at work: limits are judged on samples, findings on judged windows, and what
// the controller says of itself comes as it is. All of them live in one book, and each change of it
// is a record; an alarm of a class that the machine file names makes the usage state FAULT.

import { AlarmBook, type StandingAlarm } from "../../runtime/diagnosis/alarm-book.ts";
import { alarmEvidence, fitted } from "../../runtime/diagnosis/alarm-evidence.ts";
import { findingSentence } from "../../runtime/diagnosis/alarm-sentence.ts";
import type { AlarmFacts } from "../../runtime/diagnosis/alarm-state.ts";
import {
  type AlarmDefinition,
  type AlarmState,
  LimitAlarms,
  priorityOf,
} from "../../runtime/diagnosis/alarms.ts";
import type { Evidence, Finding } from "../../runtime/diagnosis/finding.ts";
import { isSensorFault, priorityBy, severityOf } from "../../runtime/diagnosis/finding-rules.ts";
import { FINDING_ALARMS_MAX, FindingWatch } from "../../runtime/diagnosis/finding-watch.ts";
import { adviceOn, type Knowledge, NO_KNOWLEDGE } from "../../runtime/diagnosis/knowledge.ts";
import type { AlarmBody } from "../../runtime/journal/record.ts";
import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import type { ProcessImage } from "../../runtime/signal/process-image.ts";
import { conditionsOf } from "../../runtime/usage/condition.ts";
import type { SampleTrack } from "../../runtime/usage/condition-track.ts";
import type { ServiceStatus } from "../../runtime/usage/service-status.ts";
import type { UsageMeter } from "../../runtime/usage/usage-meter.ts";
import type { Machine } from "../machine-file/machine.ts";
import type { Recorder } from "./metering.ts";

/** An alarm about the controller itself, which no signal of the machine file stands for. */
export type SystemAlarm = Pick<AlarmBody, "id" | "source" | "ne107" | "severity" | "text">;

/** What a finding's sentence says of the machine's service. */
export interface ServiceWitness {
  services(): readonly ServiceStatus[];
  sinceService(): { readonly name: string; readonly overloadMs: number } | null;
}

export interface FindingCircumstances {
  /** As people write it, such as `%`; null where nobody knows what the load is counted in. */
  readonly loadUnit: string | null;
}

export interface MeterAlarmsOptions {
  readonly machine: Machine;
  readonly clock: Clock;
  readonly recorder: Pick<Recorder, "record">;
  readonly usage: UsageMeter;
  readonly image: ProcessImage;
  /** What the product knows by itself; the maker's is the machine's. */
  readonly knowledge: Knowledge | undefined;
}

/** Nothing is left out in silence: it stands until one of them is over, and then is told anew. */
const TOO_MANY: SystemAlarm = {
  id: "diagnosis.alarms",
  source: "diagnosis",
  ne107: "check-function",
  severity: 400,
  text: `More than ${FINDING_ALARMS_MAX} findings would be alarms; what comes further is none.`,
};

const NO_SERVICE: ServiceWitness = { services: () => [], sinceService: () => null };

export class MeterAlarms {
  readonly book: AlarmBook;
  /** Hears of each alarm that is raised: what it stands on is worth keeping. */
  onRaised: (alarm: AlarmBody) => void = () => {};
  /** Upkeep, once it is there: it needs the alarms first. */
  serviceWitness: ServiceWitness = NO_SERVICE;
  readonly #options: MeterAlarmsOptions;
  readonly #limits: LimitAlarms<AlarmDefinition>;
  readonly #watch: FindingWatch;
  readonly #sources: ReadonlySet<string>;
  #circumstances: FindingCircumstances = { loadUnit: null };

  constructor(options: MeterAlarmsOptions, startedAt: Mono) {
    const { machine, clock, recorder, usage } = options;
    this.#options = options;
    this.#sources = new Set([...machine.signals, ...machine.waveforms].map(({ name }) => name));
    this.book = new AlarmBook({
      clock,
      registers: () => usage.registers,
      onChange: (body, at) => {
        recorder.record("alarm", fitted(body), at);
        if (body.event === "raised") this.onRaised(body);
      },
    });
    for (const alarm of machine.alarms) this.book.declare(this.#limitFacts(alarm));
    this.#limits = new LimitAlarms(machine.alarms, startedAt, ({ alarm, state, at }) => {
      this.#sayFault(alarm.name, alarm.ne107, state, at);
      if (state === "cleared") this.book.clear(alarm.name, at);
      else this.book.raise({ ...this.#limitFacts(alarm), evidence: this.#valuesOf(alarm) }, at);
    });
    this.#watch = new FindingWatch({
      rules: machine.findings,
      onAlarm: (finding, at, firstAt) => this.#raiseFinding(finding, at, firstAt),
      onGone: (id, at) => {
        this.book.clear(id, at);
        this.book.clear(TOO_MANY.id, at);
        this.#options.usage.assertFault(`alarm:${id}`, false, at);
      },
      onRefused: (at) => this.system(TOO_MANY, "active", at),
    });
  }

  get standing(): readonly StandingAlarm[] {
    return this.book.standing;
  }

  tracksOf(signal: number): readonly SampleTrack[] {
    return this.#limits.tracksOf(signal);
  }

  /** Before the usage is settled: what an alarm says of this time is to be counted in it. */
  settle(now: Mono): void {
    this.#limits.settle(now);
    this.book.settle(now);
  }

  /** Raises or clears an alarm that is no condition over signals; a new life begins without. */
  system(alarm: SystemAlarm, state: AlarmState, at: Mono): void {
    if (state === "cleared") this.book.clear(alarm.id, at);
    else this.book.raise({ ...alarm, priority: priorityOf(alarm.severity), latch: false }, at);
  }

  /**
   * All findings of one judged window of a source: what was found there before and not now is gone.
   * A window that could not be judged is not told at all.
   */
  judged(
    source: string,
    findings: readonly Finding[],
    at: Mono,
    circumstances: FindingCircumstances,
  ): void {
    this.#circumstances = circumstances;
    this.#watch.judged(source, findings, at);
  }

  found(finding: Finding, at: Mono, circumstances: FindingCircumstances): void {
    this.#circumstances = circumstances;
    this.#watch.present(finding, at);
  }

  gone(id: string, at: Mono): void {
    this.#watch.absent(id, at);
  }

  /**
   * Goes on with the alarms of an earlier life: one that is over is cleared when its signals or its
   * windows say so. One that nothing in this machine file speaks of any more is cleared at once, so
   * that nobody waits for it.
   */
  restore(alarms: readonly StandingAlarm[], now: Mono): void {
    const limits = new Set(this.#options.machine.alarms.map(({ name }) => name));
    for (const alarm of alarms) {
      const { id, source, finding, state, severity, ne107 } = alarm;
      const isLimit = limits.has(id);
      const isFound = finding !== undefined && this.#knows(source);
      if (!this.book.restore(alarm, isLimit || isFound, now)) {
        this.#recordEnd(alarm, now);
      } else if (state === "active" && isLimit) {
        this.#limits.restore(id, now);
        this.#sayFault(id, ne107, "active", now);
      } else if (state === "active" && isFound) {
        this.#watch.restore({ id, source, fault: finding.fault }, severity, now);
        if (!isSensorFault(finding.fault)) this.#sayFault(id, ne107, "active", now);
      }
    }
  }

  #knows(source: string): boolean {
    return source.split(" ").every((name) => this.#sources.has(name));
  }

  #recordEnd({ since: _, shelf: __, event: ___, ...alarm }: StandingAlarm, at: Mono): void {
    const body: AlarmBody = { ...alarm, state: "cleared", event: "cleared", standing: "normal" };
    this.#options.recorder.record("alarm", body, at);
  }

  #raiseFinding(finding: Finding, at: Mono, firstAt: Mono): void {
    const { machine, usage, knowledge = NO_KNOWLEDGE } = this.#options;
    const { id, source, fault, part, confidence, evidence, since } = finding;
    // Before this boot there is no instant of its clock.
    const foundAt = Math.min(firstAt, Math.max(0, since ?? firstAt));
    const rule = machine.findings[fault];
    const severity = severityOf(rule, finding);
    const advice = adviceOn(fault, part, knowledge, machine.knowledge);
    const text = findingSentence(finding, {
      registers: usage.registers,
      services: this.serviceWitness.services(),
      sinceService: this.serviceWitness.sinceService(),
      ...this.#circumstances,
      advice,
    });
    if (!isSensorFault(fault)) this.#sayFault(id, rule.ne107, "active", at);
    this.book.raise(
      {
        id,
        source,
        ne107: rule.ne107,
        severity,
        priority: priorityBy(rule, severity),
        latch: rule.latch,
        text,
        finding: { fault, part, confidence, firstAt: this.#options.clock.instantAt(foundAt) },
        evidence: alarmEvidence(evidence),
        ...(advice && { advice }),
      },
      at,
    );
  }

  /**
   * An alarm of a class that the machine file names makes the state FAULT, from its own instant.
   */
  #sayFault(name: string, ne107: string, state: AlarmState, at: Mono): void {
    const { machine, usage } = this.#options;
    if (!machine.usage.faultAlarms?.includes(ne107)) return;
    usage.assertFault(`alarm:${name}`, state === "active", at);
  }

  #limitFacts({ name, when, severity, ne107, priority, latch, text }: AlarmDefinition): AlarmFacts {
    const { signals } = this.#options.image;
    const names = conditionsOf(when).map(({ signal }) => signals[signal]!.name);
    const source = [...new Set(names)].join(" ");
    return { id: name, source, ne107, severity, priority, latch, text };
  }

  /** What its signals said when it was judged. */
  #valuesOf({ when }: AlarmDefinition): ReturnType<typeof alarmEvidence> {
    const { image, usage } = this.#options;
    const features = conditionsOf(when).flatMap(({ signal, threshold }) => {
      const { name, unit } = image.signals[signal]!;
      const value = image.values[signal]!;
      if (!Number.isFinite(value)) return [];
      return [{ feature: name, value, unit, limit: threshold, usual: null }];
    });
    const { state, mode } = usage;
    const evidence: Evidence = {
      operatingState: mode === "None" ? state : `${state}/${mode}`,
      speedRpm: null,
      load: null,
      zone: null,
      lines: [],
      features,
      window: null,
    };
    return alarmEvidence(evidence);
  }
}
