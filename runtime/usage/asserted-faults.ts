// FAULT as others say it: an alarm of the diagnosis, a person's signed instruction. What they say
// waits until the time before it is settled, as samples do.

import assert from "node:assert/strict";
import type { Mono } from "../signal/instant.ts";
import type { FaultKind } from "./usage-rules.ts";

/**
 * Sources that say FAULT or wait to say it. A machine file has at most 1,000 alarms; the rest is
 * for people, and one more of so many makes no difference.
 */
const FAULT_SOURCES_MAX = 2_000;
/**
 * Changes that wait for the slowest signal. Beyond this the oldest holds at once, so that it begins
 * or ends too early by what the registers lag.
 */
const WAITING_MAX = 4_096;

interface Assertion {
  readonly source: string;
  readonly on: boolean;
  readonly at: Mono;
}

export class AssertedFaults {
  readonly #order: readonly FaultKind[];
  /** In the order in which they began. */
  readonly #holding = new Set<string>();
  /** In the order of their instants. */
  readonly #waiting: Assertion[] = [];

  constructor(order: readonly FaultKind[]) {
    this.#order = order;
  }

  /** False where this source has no say, or too many speak already. */
  assert(source: string, on: boolean, at: Mono): boolean {
    const kind = kindOf(source);
    assert(kind === "alarm" || kind === "instruction", "nobody asserts this source of FAULT");
    if (!this.#order.includes(kind)) return false;
    const last = this.#waiting.findLast((waiting) => waiting.source === source);
    if ((last?.on ?? this.#holding.has(source)) === on) return true;
    if (on && this.#holding.size + this.#waiting.length >= FAULT_SOURCES_MAX) return false;
    if (this.#waiting.length >= WAITING_MAX) this.#hold(this.#waiting.shift()!);
    const from = Math.max(at, last?.at ?? at);
    let place = this.#waiting.length;
    while (place > 0 && this.#waiting[place - 1]!.at > from) place--;
    this.#waiting.splice(place, 0, { source, on, at: from });
    return true;
  }

  nextChangeAt(): Mono {
    return this.#waiting[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  takeChanges(until: Mono): void {
    while (this.nextChangeAt() <= until) this.#hold(this.#waiting.shift()!);
  }

  /** Of one kind, the source that has said so for longest; null where none does. */
  firstOf(kind: FaultKind): string | null {
    for (const source of this.#holding) if (kindOf(source) === kind) return source;
    return null;
  }

  #hold({ source, on }: Assertion): void {
    if (on) this.#holding.add(source);
    else this.#holding.delete(source);
  }
}

/** `alarm` of `alarm:bearingRough`. */
function kindOf(source: string): FaultKind | undefined {
  const kind = source.slice(0, source.indexOf(":"));
  return kind === "alarm" || kind === "instruction" ? kind : undefined;
}
