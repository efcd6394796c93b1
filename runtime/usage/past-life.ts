// What an earlier life of the meter left behind, and which of it to go on with. Register slots, the
// ledger's last leaf and the journal's last usage record all tell of one history, so the one that
// observed most is the newest; unless it contradicts the ledger, which others have seen.

import type { SavedRegisters } from "./register-slots.ts";
import { observedMs, REGISTER_NAMES, type Registers } from "./usage-state.ts";

export type PastLifeSource = "slots" | "ledger" | "journal";

export interface PastLife extends SavedRegisters {
  readonly from: PastLifeSource;
  /**
   * UNKNOWN time of a suspend whose leaf was not on its disk yet: no clock of the boot counted it.
   */
  readonly addedMs: number;
}

/** A record of registers that stands at its own instant, with nothing undecided beside it. */
export interface KeptRegisters {
  readonly boot: string;
  readonly mono: number;
  readonly registers: Registers;
  /** Starts of the meter by then; the ledger counts them. */
  readonly starts?: number;
}

/** A save to the slots that comes later than this after a leaf was missed or put back. */
const SLOTS_LAG_MS_MAX = 10_000;

/** Null where nobody remembers anything: the first start of all. */
export function pastLife(kept: {
  /** The boot that runs, and its time: nobody has saved anything later than that. */
  readonly now?: { readonly boot: string; readonly mono: number };
  readonly slots: SavedRegisters | null;
  readonly ledger: KeptRegisters | null;
  readonly journal: KeptRegisters | null;
}): PastLife | null {
  const { now, ledger, journal } = kept;
  const isOfTheFuture =
    kept.slots?.boot === now?.boot && (kept.slots?.savedAt ?? 0) > (now?.mono ?? 0);
  const slots = isOfTheFuture ? null : kept.slots;
  if (slots !== null && (ledger === null || isNewer(slots, ledger))) {
    return { ...slots, from: "slots", addedMs: addedSince(ledger, slots) };
  }
  if (slots !== null && ledger !== null && isShortlyBefore(slots, ledger)) {
    // A leaf was on its disk and the save that belongs to it not yet: both tell of one life.
    const { boot, mono, registers } = ledger;
    return {
      ...slots,
      boot,
      mono,
      registers,
      savedAt: Math.max(slots.savedAt, mono),
      from: "slots",
      addedMs: 0,
    };
  }
  if (ledger !== null) return { ...ledger, savedAt: ledger.mono, from: "ledger", addedMs: 0 };
  if (journal !== null) return { ...journal, savedAt: journal.mono, from: "journal", addedMs: 0 };
  return null;
}

/**
 * A boot whose leaves are on their disk and whose first save is not may have counted nothing yet:
 * the registers say the same then, and the starts of the meter tell which is newer.
 */
function isNewer(slots: SavedRegisters, ledger: KeptRegisters): boolean {
  const { starts = 0 } = ledger;
  if (slots.ledger && slots.boot !== ledger.boot && slots.ledger.starts < starts) return false;
  return isLaterThan(slots.registers, ledger.registers);
}

function addedSince(ledger: KeptRegisters | null, slots: SavedRegisters): number {
  if (ledger?.boot !== slots.boot) return 0;
  const observed = observedMs(slots.registers) - observedMs(ledger.registers);
  return Math.max(0, observed - (slots.mono - ledger.mono));
}

function isShortlyBefore(slots: SavedRegisters, ledger: KeptRegisters): boolean {
  if (slots.boot !== ledger.boot || ledger.mono - slots.savedAt > SLOTS_LAG_MS_MAX) return false;
  return isLaterThan(ledger.registers, slots.registers);
}

/** Registers never decrease: what is later is at least as much in each of them. */
function isLaterThan(one: Registers, other: Registers): boolean {
  if (observedMs(one) < observedMs(other)) return false;
  return REGISTER_NAMES.every((name) => one[name] >= other[name]);
}
