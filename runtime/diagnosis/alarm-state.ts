// What an alarm is for people, in the words of IEC 62682 (ISA-18.2): whether somebody has seen it,
// whether it waits on a shelf, and what stands behind it. What becomes what is in alarm-book.ts.

import type { Instant } from "../signal/instant.ts";
import type { Registers } from "../usage/usage-state.ts";
import type { AlarmPriority, Ne107 } from "./alarms.ts";
import type { Evidence, FaultCode } from "./finding.ts";
import type { Advice } from "./knowledge.ts";

/**
 * - `normal`: nothing is to be done;
 * - `unacknowledged-active`: it lasts, and nobody has said that he knows of it;
 * - `acknowledged-active`: it lasts, and somebody knows;
 * - `returned-unacknowledged`: it is over, but it latches: somebody has to know that it was.
 */
export type AlarmStanding =
  | "normal"
  | "unacknowledged-active"
  | "acknowledged-active"
  | "returned-unacknowledged";

/** Why an alarm was put on record. */
export type AlarmEvent =
  | "raised"
  | "escalated"
  | "updated"
  | "cleared"
  | "acknowledged"
  | "shelved"
  | "unshelved"
  | "shelf-ended";

/** A shelf for longer than a week is a decision that belongs into the machine file. */
export const SHELF_MS_MAX = 7 * 24 * 3_600_000;
export const SHELF_MS_MIN = 60_000;
/** What somebody may say of himself and of his reason, in characters. */
export const PERSON_LENGTH_MAX = 80;
export const REASON_LENGTH_MAX = 300;

/** It is on record and makes FAULT as ever, but it does not annunciate. */
export interface Shelf {
  readonly by: string;
  readonly because: string;
  /** When it was shelved, or when this boot took the shelf over from the one before. */
  readonly from: Instant;
  readonly forMs: number;
}

export interface Acknowledgement {
  readonly by: string;
  readonly comment: string;
  readonly at: Instant;
}

/** When an alarm that stands was raised, and what the registers said then. */
export interface Onset {
  readonly at: Instant;
  readonly registers: Registers;
}

/** What a limit or a finding stands on; the lists are cut to what a record can hold. */
export interface AlarmEvidence extends Evidence {
  /** Lines and features that did not find room. */
  readonly omitted: number;
}

export interface FindingFacts {
  readonly fault: FaultCode;
  readonly part: string | null;
  readonly confidence: number;
  /** The first window that showed it, or since when its detector knows; it was no alarm yet. */
  readonly firstAt: Instant;
}

/** What an alarm says, whatever its state. */
export interface AlarmFacts {
  readonly id: string;
  readonly source: string;
  readonly ne107: Ne107;
  /** 1–1000, as OPC UA counts. */
  readonly severity: number;
  readonly priority: AlarmPriority;
  readonly latch: boolean;
  readonly text: string;
  readonly finding?: FindingFacts;
  readonly evidence?: AlarmEvidence;
  readonly advice?: Advice;
}

/**
 * Across boots without a clock that can be believed on both sides nobody knows how long the power
 * was off. A shelf then keeps half of its rest and at most this, so that over any number of such
 * boots an alarm stays silent for less than twice this.
 */
const REST_ACROSS_BOOTS_MS_MAX = 3_600_000;

/** Milliseconds until the shelf ends; 0 or less where it has ended. */
export function shelfRestMs({ from, forMs }: Shelf, now: Instant): number {
  if (from.boot === now.boot) return from.mono + forMs - now.mono;
  if (from.tq === "S" && now.tq === "S" && from.utc !== null && now.utc !== null) {
    // A clock that was set back between the two must not make it longer.
    return Math.min(forMs, from.utc + forMs - now.utc);
  }
  return Math.min(Math.floor(forMs / 2), REST_ACROSS_BOOTS_MS_MAX);
}

/** The shelf as this boot goes on with it; null where it has ended. */
export function takenOver(shelf: Shelf, now: Instant): Shelf | null {
  const restMs = shelfRestMs(shelf, now);
  if (shelf.from.boot === now.boot) return restMs > 0 ? shelf : null;
  return restMs >= SHELF_MS_MIN ? { ...shelf, from: now, forMs: restMs } : null;
}
