// After a request without an answer, a question whose answer cannot be mistaken goes first: lines
// keep the order of answers, so that once the fence is answered the one that was owed cannot come
// any more, however late it is. It covers what no bound in time does: an answer later than
// declared, with the unit, function and length of the next one.

import type { Mono } from "../../runtime/signal/instant.ts";
import type { Ask } from "./line.ts";
import { dataBytes, functionOf } from "./pdu.ts";

type Read = Extract<Ask, { kind: "read" }>;

/** A shorter read of the same registers, or a loopback where there is none that is shorter. */
export type Fence = Extract<Ask, { kind: "read" | "loopback" }>;

/** An answer that is later than this does not come any more. */
const OWED_MS = 10_000;

/** Lengths that are owed at the same time; more would be no different. */
const OWED_MAX = 8;

/** A unit that lives and has answered none of so many loopbacks does not know them. */
const LOOPBACKS_MISSED_MAX = 2;

interface Debt {
  owed: Read[];
  /** Reads as fences that were not answered: whichever is answered first, all before it are. */
  missed: Read[];
  /** When the last request of them was given up. */
  at: Mono;
}

export class Fences {
  readonly #debts = new Map<number, Debt>();
  /** Loopbacks in a row that a unit has not answered. */
  readonly #loopbacksMissed = new Map<number, number>();
  readonly #knowsLoopback = new Map<number, boolean>();
  #token = 0;

  /** What to ask first; null where the answer could not be taken for an owed one. */
  before(unitId: number, ask: Ask, now: Mono): Fence | null {
    const debt = this.#debts.get(unitId);
    if (debt === undefined || ask.kind !== "read") return null;
    if (now - debt.at > OWED_MS) {
      this.#debts.delete(unitId);
      return null;
    }
    // A fence that was not answered may still be.
    if (![...debt.owed, ...debt.missed].some((owed) => areAlike(owed, ask))) return null;
    // Only what is asked for anyway is read: some devices clear a register by that.
    for (let count = ask.count - 1; count > 0; count--) {
      const shorter: Read = { ...ask, count };
      if (![ask, ...debt.owed].some((owed) => areAlike(owed, shorter))) return shorter;
    }
    // It keeps silent at what it does not know: the silence of the line has to do there.
    if (this.#knowsLoopback.get(unitId) === false) return null;
    this.#token = (this.#token + 1) & 0xffff;
    return { kind: "loopback", token: this.#token };
  }

  /** The unit has answered what was asked behind no fence. */
  answered(unitId: number): void {
    const missed = this.#loopbacksMissed.get(unitId) ?? 0;
    if (missed < LOOPBACKS_MISSED_MAX || this.#knowsLoopback.has(unitId)) return;
    this.#knowsLoopback.set(unitId, false);
  }

  owe(unitId: number, ask: Ask, at: Mono): void {
    if (ask.kind !== "read") return;
    const { owed, missed } = this.#debts.get(unitId) ?? { owed: [], missed: [] };
    this.#debts.set(unitId, { owed: [...owed, ask].slice(-OWED_MAX), missed, at });
  }

  /** The fence itself was not answered. */
  missed(unitId: number, fence: Fence): void {
    if (fence.kind === "loopback") {
      this.#loopbacksMissed.set(unitId, (this.#loopbacksMissed.get(unitId) ?? 0) + 1);
      return;
    }
    const debt = this.#debts.get(unitId);
    if (debt === undefined) return;
    debt.owed = debt.owed.filter((each) => each !== fence);
    debt.missed = [...debt.missed, fence].slice(-OWED_MAX);
  }

  /**
   * What was owed cannot come any more; fences that were missed still may. A refusal does not say
   * which question it refuses: where it may be an earlier one's, this one's is still to come.
   */
  passed(unitId: number, fence: Fence, isRefusal: boolean): void {
    const debt = this.#debts.get(unitId);
    if (fence.kind === "loopback") {
      this.#knowsLoopback.set(unitId, true);
      const missed = this.#loopbacksMissed.get(unitId) ?? 0;
      if (isRefusal && missed > 0) this.#loopbacksMissed.set(unitId, missed - 1);
      else {
        this.#loopbacksMissed.delete(unitId);
        this.#debts.delete(unitId);
      }
    } else if (debt !== undefined) {
      const owed = isRefusal ? [...debt.missed, fence] : debt.missed;
      if (owed.length === 0) this.#debts.delete(unitId);
      else this.#debts.set(unitId, { owed, missed: [], at: debt.at });
    }
  }
}

function areAlike(one: Read, other: Read): boolean {
  return functionOf(one) === functionOf(other) && dataBytes(one) === dataBytes(other);
}
