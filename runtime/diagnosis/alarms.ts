// Limit alarms: a condition over signals that gets a state, a class and a sentence for people.

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

export interface AlarmDefinition {
  /** Unique in the machine file; stable. */
  readonly name: string;
  readonly when: Expression;
  /** 1–1000, as OPC UA counts. */
  readonly severity: number;
  readonly ne107: Ne107;
  /** What a mechanic reads. */
  readonly text: string;
}

export type AlarmState = "active" | "cleared";

export interface AlarmChange {
  readonly alarm: AlarmDefinition;
  readonly state: AlarmState;
  readonly at: Mono;
}

interface Entry {
  readonly alarm: AlarmDefinition;
  readonly tracks: readonly ConditionTrack[];
  readonly truths: Uint8Array;
  readonly when: Compiled;
  activeSince: Mono | null;
  judgedAt: Mono;
}

/**
 * The alarms of one machine. An alarm whose signals are bad keeps the state it had: bad data
 * neither raise an alarm about the machine nor clear one.
 */
export class AlarmBook {
  readonly #entries: readonly Entry[];
  readonly #onChange: (change: AlarmChange) => void;

  constructor(
    alarms: readonly AlarmDefinition[],
    startedAt: Mono,
    onChange: (change: AlarmChange) => void,
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
  get active(): readonly { readonly alarm: AlarmDefinition; readonly since: Mono }[] {
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
  #judge(entry: Entry, at: Mono): void {
    entry.judgedAt = Math.max(entry.judgedAt, at);
    const truth = evaluate(entry.when, entry.truths);
    if (truth === UNCLEAR || (truth === TRUE) === (entry.activeSince !== null)) return;
    entry.activeSince = truth === TRUE ? entry.judgedAt : null;
    const state = truth === TRUE ? "active" : "cleared";
    this.#onChange({ alarm: entry.alarm, state, at: entry.judgedAt });
  }
}

function nextChangeAt({ tracks }: Entry): Mono {
  let at = Number.POSITIVE_INFINITY;
  for (const track of tracks) at = Math.min(at, track.nextChangeAt());
  return at;
}
