// What a test may say about a life: who lives it, what its clock shows, and how power fails.

import type { Contract } from "../ledger/contract.ts";
import type { TimeQuality } from "../signal/instant.ts";
import type { TestKey } from "./ledger-parties.ts";

export const MINUTE_MS = 60_000;
/** The longest time without a leaf, and without a checkpoint. */
export const TICK_EVERY_MS = 15 * MINUTE_MS;
/** What a cut takes at most: the time between two saves of the register slots, and one sync. */
export const LOSS_BOUND_MS = 10_500;

export interface LifeOptions {
  readonly controller?: string;
  readonly device?: TestKey;
  /** True wall time at which the life begins. */
  readonly startUtc?: number;
  /** Mono at the first start and after each boot. */
  readonly bootMono?: number;
  readonly contract?: Partial<Contract>;
  /** How often the witnesses cosign by themselves; 0 is never. */
  readonly cosignEveryMs?: number;
  readonly witnesses?: readonly TestKey[];
  /** A different text makes different boot ids. */
  readonly name?: string;
}

/** What the controller's wall clock says: the true time and an error, or nothing. */
export interface LifeClock {
  readonly offsetMs: number;
  readonly tq: TimeQuality;
  readonly err?: number;
}

export interface CutOptions {
  /** Running time after the last save of the slots: it is missing for ever. */
  readonly lostMs?: number;
  /** What was observed and not decided at that save. */
  readonly undecidedMs?: number;
  /** How long the controller was without power. */
  readonly downMs?: number;
  /** The wall clock of the boot that follows; null where none is believed. */
  readonly clock?: LifeClock | null;
}
