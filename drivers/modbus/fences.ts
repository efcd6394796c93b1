// After a request without an answer, a question whose answer has another length goes first: lines
// keep the order of answers, so that once the fence is answered the one that was owed cannot come
// any more, however late it is. It covers what no bound in time does: an answer later than
// declared, with the unit, function and length of the next one.

import type { Mono } from "../../runtime/signal/instant.ts";
import type { Ask } from "./line.ts";
import { dataBytes, functionOf } from "./pdu.ts";
import { COUNT_MAX } from "./plan.ts";

export type Read = Extract<Ask, { kind: "read" }>;

/** An answer that is later than this does not come any more. */
const OWED_MS = 10_000;

/** Lengths that are owed at the same time; more would be no different. */
const OWED_MAX = 8;

/** So many lengths above the asked one are tried, where none below it is free. */
const LONGER_MAX = 3;

interface Debt {
  owed: Read[];
  /** Fences that were not answered: whichever is answered first, all before it are. */
  missed: Read[];
  /** When the last request of them was given up. */
  at: Mono;
}

export class Fences {
  readonly #debts = new Map<number, Debt>();

  /** What to ask first; null where the answer could not be taken for an owed one. */
  before(unitId: number, ask: Ask, now: Mono): Read | null {
    const debt = this.#debts.get(unitId);
    if (debt === undefined || ask.kind !== "read") return null;
    if (now - debt.at > OWED_MS) {
      this.#debts.delete(unitId);
      return null;
    }
    // A fence that was not answered may still be.
    if (![...debt.owed, ...debt.missed].some((owed) => areAlike(owed, ask))) return null;
    const taken = [ask, ...debt.owed];
    return candidates(ask).find((fence) => !taken.some((owed) => areAlike(owed, fence))) ?? null;
  }

  owe(unitId: number, ask: Ask, at: Mono): void {
    if (ask.kind !== "read") return;
    const { owed, missed } = this.#debts.get(unitId) ?? { owed: [], missed: [] };
    this.#debts.set(unitId, { owed: [...owed, ask].slice(-OWED_MAX), missed, at });
  }

  /** The fence itself was not answered. */
  missed(unitId: number, fence: Read): void {
    const debt = this.#debts.get(unitId);
    if (debt === undefined) return;
    debt.owed = debt.owed.filter((each) => each !== fence);
    debt.missed = [...debt.missed, fence].slice(-OWED_MAX);
  }

  /**
   * What was owed cannot come any more; fences that were missed still may. A refusal does not say
   * which question it refuses: where it is an earlier one's, this one's answer is still to come.
   */
  passed(unitId: number, fence: Read, isRefusal: boolean): void {
    const debt = this.#debts.get(unitId);
    if (debt === undefined) return;
    const owed = isRefusal ? [...debt.missed, fence] : debt.missed;
    if (owed.length === 0) this.#debts.delete(unitId);
    else this.#debts.set(unitId, { owed, missed: [], at: debt.at });
  }
}

/**
 * Reads of other lengths at the same place: fewer first, because what nobody asked for is read only
 * where there is no other way. A byte of answer holds eight bits, or half a register.
 */
function candidates(ask: Read): readonly Read[] {
  const isBits = ask.table === "coil" || ask.table === "discrete";
  const step = isBits ? 8 : 1;
  const shorter = Array.from({ length: Math.ceil(ask.count / step) - 1 }, (_, index) => ({
    ...ask,
    count: ask.count - (index + 1) * step,
  }));
  const longer = Array.from({ length: LONGER_MAX }, (_, index) => ({
    ...ask,
    count: ask.count + (index + 1) * step,
  }));
  return [...shorter, ...longer].filter(
    ({ count, address }) => count > 0 && count <= COUNT_MAX[ask.table] && address + count <= 65_536,
  );
}

function areAlike(one: Read, other: Read): boolean {
  return functionOf(one) === functionOf(other) && dataBytes(one) === dataBytes(other);
}
