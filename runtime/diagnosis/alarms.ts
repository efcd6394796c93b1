// Limit alarms: conditions over signals with a class and a sentence for people. Here it is judged
// when each holds; what becomes of it for people is the alarm book's (alarm-book.ts).

import type { Mono } from "../signal/instant.ts";
import type { SignalIndex } from "../signal/signal.ts";
import type { Condition, Expression } from "../usage/condition.ts";
import { ConditionTrack, TRUE, UNCLEAR } from "../usage/condition-track.ts";
import { type Compiled, compile, evaluate } from "../usage/truth.ts";

/** NAMUR NE 107, in the spelling that machine file, records and endpoints share. */
export const NE107 = [
  "failure",
  "check-function",
  "out-of-specification",
  "maintenance-required",
] as const;
export type Ne107 = (typeof NE107)[number];

/** What somebody has to do first; IEC 62682 asks for few of them. */
export const PRIORITIES = ["low", "medium", "high", "urgent"] as const;
export type AlarmPriority = (typeof PRIORITIES)[number];

/** A quarter of OPC UA's scale of severity for each, where nobody gave another. */
export function priorityOf(severity: number): AlarmPriority {
  return PRIORITIES[Math.min(3, Math.max(0, Math.ceil(severity / 250) - 1))]!;
}

export interface Limit {
  /** Unique in the machine file; stable. */
  readonly name: string;
  readonly when: Expression;
}

export interface AlarmDefinition extends Limit {
  /** 1–1000, as OPC UA counts. */
  readonly severity: number;
  readonly ne107: Ne107;
  readonly priority: AlarmPriority;
  /** It stands until somebody has acknowledged it, also when its condition is over. */
  readonly latch: boolean;
  /** What a mechanic reads. */
  readonly text: string;
}

export type AlarmState = "active" | "cleared";

export interface LimitChange<Alarm extends Limit> {
  readonly alarm: Alarm;
  readonly state: AlarmState;
  readonly at: Mono;
}

interface Entry<Alarm extends Limit> {
  readonly alarm: Alarm;
  readonly tracks: readonly ConditionTrack[];
  readonly truths: Uint8Array;
  readonly when: Compiled;
  activeSince: Mono | null;
  judgedAt: Mono;
}

/**
 * The limits of one machine. An alarm whose signals are bad keeps the state it had: bad data
 * neither raise an alarm about the machine nor clear one.
 */
export class LimitAlarms<Alarm extends Limit> {
  readonly #entries: readonly Entry<Alarm>[];
  readonly #onChange: (change: LimitChange<Alarm>) => void;

  constructor(
    alarms: readonly Alarm[],
    startedAt: Mono,
    onChange: (change: LimitChange<Alarm>) => void,
  ) {
    this.#onChange = onChange;
    this.#entries = alarms.map((alarm) => {
      const conditions: Condition[] = [];
      const when = compile(alarm.when, (condition) => conditions.push(condition) - 1);
      return {
        alarm,
        when,
        tracks: conditions.map((condition) => new ConditionTrack(condition, startedAt)),
        truths: new Uint8Array(conditions.length).fill(UNCLEAR),
        activeSince: null,
        judgedAt: startedAt,
      };
    });
  }

  tracksOf(signal: SignalIndex): readonly ConditionTrack[] {
    return this.#entries
      .flatMap((entry) => entry.tracks)
      .filter((track) => track.condition.signal === signal);
  }

  /** The alarms that are active, with the instant at which each became so. */
  get active(): readonly { readonly alarm: Alarm; readonly since: Mono }[] {
    return this.#entries.flatMap(({ alarm, activeSince }) =>
      activeSince === null ? [] : [{ alarm, since: activeSince }],
    );
  }

  /**
   * Goes on with an alarm that was active in an earlier life; false where there is none such now.
   */
  restore(name: string, since: Mono): boolean {
    const entry = this.#entries.find(({ alarm }) => alarm.name === name);
    if (!entry) return false;
    entry.activeSince = since;
    return true;
  }

  /** Judges what the samples have said by now. Call together with `UsageMeter.settle`. */
  settle(now: Mono): void {
    for (const entry of this.#entries) {
      for (const track of entry.tracks) track.advance(now);
      for (let at = nextChangeAt(entry); at <= now; at = nextChangeAt(entry)) {
        entry.tracks.forEach((track, position) => {
          while (track.nextChangeAt() <= at) entry.truths[position] = track.takeChange();
        });
        this.#judge(entry, at);
      }
    }
  }

  /**
   * A change counts as soon as one signal shows it, with the others as they were last known: a
   * warning does not wait for the slowest of them. So a slower signal may speak of a time that was
   * judged already; what it changes is dated there at the earliest.
   */
  #judge(entry: Entry<Alarm>, at: Mono): void {
    entry.judgedAt = Math.max(entry.judgedAt, at);
    const truth = evaluate(entry.when, entry.truths);
    if (truth === UNCLEAR || (truth === TRUE) === (entry.activeSince !== null)) return;
    entry.activeSince = truth === TRUE ? entry.judgedAt : null;
    const state = truth === TRUE ? "active" : "cleared";
    this.#onChange({ alarm: entry.alarm, state, at: entry.judgedAt });
  }
}

function nextChangeAt({ tracks }: Pick<Entry<Limit>, "tracks">): Mono {
  let at = Number.POSITIVE_INFINITY;
  for (const track of tracks) at = Math.min(at, track.nextChangeAt());
  return at;
}
