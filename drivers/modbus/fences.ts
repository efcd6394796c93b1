// After a request without an answer, a question whose answer has another length goes first: lines
// keep the order of answers, so that once the fence is answered the one that was owed cannot come
// any more, however late it is. It covers what no bound in time does: an answer later than
// declared, with the unit, function and length of the next one.

import type { Ask } from "./line.ts";

import { COUNT_MAX } from "./plan.ts";

export type Read = Extract<Ask, { kind: "read" }>;

/** A device that does not answer a fence twice may answer its own questions all the same. */
const MISSES_MAX = 2;

/** Lengths that are owed at the same time; more would be no different. */
const OWED_MAX = 8;

interface Debt {
  owed: Read[];
  /** Whichever of several fences is answered first stands behind all that is owed. */
  missed: Read[];
}

export class Fences {
  readonly #debts = new Map<number, Debt>();

  /** What to ask first; null where the answer could not be taken for an owed one. */
  before(unitId: number, ask: Ask): Read | null {
    const debt = this.#debts.get(unitId);
    if (debt === undefined || ask.kind !== "read" || !isRegisters(ask)) return null;
    const isAlike = debt.owed.some(
      ({ table, count }) => table === ask.table && count === ask.count,
    );
    if (!isAlike || debt.missed.length >= MISSES_MAX) return null;
    // One register less is within what the device has; one more may be refused, which will do.
    for (const count of [ask.count - 1, ask.count + 1, ask.count + 2]) {
      const isOwed = debt.owed.some((each) => each.count === count);
      if (count > 0 && count <= COUNT_MAX.holding && !isOwed) return { ...ask, count };
    }
    return null;
  }

  owe(unitId: number, ask: Ask): void {
    if (ask.kind !== "read" || !isRegisters(ask)) return;
    const debt = this.#debts.get(unitId) ?? { owed: [], missed: [] };
    debt.owed = [...debt.owed, ask].slice(-OWED_MAX);
    this.#debts.set(unitId, debt);
  }

  /** The fence itself was not answered. */
  missed(unitId: number, fence: Read): void {
    const debt = this.#debts.get(unitId);
    if (debt === undefined) return;
    debt.missed.push(fence);
    debt.owed = debt.owed.filter((each) => each !== fence);
  }

  /** What was owed cannot come any more; fences that were missed still may. */
  passed(unitId: number): void {
    const missed = this.#debts.get(unitId)?.missed ?? [];
    if (missed.length === 0) this.#debts.delete(unitId);
    else this.#debts.set(unitId, { owed: missed, missed: [] });
  }
}

function isRegisters({ table }: Read): boolean {
  return table === "holding" || table === "input";
}
