// What an earlier life of the meter left behind, and which of it to go on with. Register slots, the
// ledger's last leaf and the journal's last usage record all tell of one history, so the one that
// observed most is the newest; unless it contradicts the ledger, which others have seen.

import type { SavedRegisters } from "./register-slots.ts";
import { observedMs, REGISTER_NAMES, type Registers } from "./usage-state.ts";

export type PastLifeSource = "slots" | "ledger" | "journal";

export interface PastLife extends SavedRegisters {
  readonly from: PastLifeSource;
}

/** A record of registers that stands at its own instant, with nothing undecided beside it. */
export interface KeptRegisters {
  readonly boot: string;
  readonly mono: number;
  readonly registers: Registers;
}

/** Null where nobody remembers anything: the first start of all. */
export function pastLife(kept: {
  readonly slots: SavedRegisters | null;
  readonly ledger: KeptRegisters | null;
  readonly journal: KeptRegisters | null;
}): PastLife | null {
  const { slots, ledger, journal } = kept;
  if (slots !== null && (ledger === null || isLaterThan(slots.registers, ledger.registers))) {
    return { ...slots, from: "slots" };
  }
  if (ledger !== null) return { ...ledger, savedAt: ledger.mono, from: "ledger" };
  if (journal !== null) return { ...journal, savedAt: journal.mono, from: "journal" };
  return null;
}

/** Registers never decrease: what is later is at least as much in each of them. */
function isLaterThan(one: Registers, other: Registers): boolean {
  if (observedMs(one) < observedMs(other)) return false;
  return REGISTER_NAMES.every((name) => one[name] >= other[name]);
}
