// How a simulated controller comes back after a cut or a restart, and what must hold then: it goes
// on from what was saved, adds what was open to UNKNOWN, and has lost no more than it says.

import type { LeafDetails } from "../../runtime/ledger/leaf.ts";
import type { KeptRegisters } from "../../runtime/usage/past-life.ts";
import { observedMs, REGISTER_NAMES, ZERO_REGISTERS } from "../../runtime/usage/usage-state.ts";
import type { SimController } from "./controller.ts";
import { hold } from "./laws.ts";
import type { Life } from "./life.ts";
import { CUT_POINTS } from "./sim-disk.ts";
import { downMs, type EventKind } from "./weather.ts";

const MINUTE_MS = 60_000;
/** What a cut takes at most, beside one sync. */
export const CUT_TAKES_MS_MAX = 10_000;
/** The longest sync that a cut here meets; the meter reckons with as much. */
export const SYNC_MS_MAX = 2_000;
/** Restarts in a row in which the power fails again before the meter is up. */
const FALSE_STARTS_MAX = 8;

export interface Toll {
  cuts: number;
  restarts: number;
  worstLossMs: number;
  lostMs: number;
  provenRollbacks: number;
  recoveredFrom: Record<"slots" | "ledger" | "journal" | "nothing", number>;
  events: Partial<Record<EventKind, number>>;
}

export interface Ended {
  readonly observedMs: number;
  /** World time. */
  readonly at: number;
}

export class Comebacks {
  readonly toll: Toll = {
    cuts: 0,
    restarts: 0,
    worstLossMs: 0,
    lostMs: 0,
    provenRollbacks: 0,
    recoveredFrom: { slots: 0, ledger: 0, journal: 0, nothing: 0 },
    events: {},
  };
  /** Since when slot writes fail; null while they do not. */
  failsSince: number | null = null;
  /** A stretch that nobody observed, and until when a cut may come before it was saved. */
  unsaved = { forMs: 0, until: 0 };
  slotsSpoiled = false;
  readonly #life: Life;
  #recovery: LeafDetails["RECOVERY"] | null = null;

  readonly #downMs: typeof downMs;

  constructor(life: Life, down = downMs) {
    this.#life = life;
    this.#downMs = down;
    this.meet(life.controller);
  }

  /** Another controller: nothing of what befell the one before is its own. */
  meet(controller: SimController): void {
    this.failsSince = null;
    this.unsaved = { forMs: 0, until: 0 };
    this.slotsSpoiled = false;
    controller.onLeaf = (leaf) => {
      if (leaf.typ === "RECOVERY") this.#recovery = leaf.d;
    };
  }

  /** After a cut: law, night, and back again; as often as the power fails at once. */
  async afterCut(): Promise<void> {
    const life = this.#life;
    for (let starts = 0; life.disk.isDead; starts++) {
      const before = this.ended();
      life.endMeter();
      this.toll.cuts++;
      await life.goTo(life.time.now + this.#downMs(life.random), "leaping");
      life.disk.restorePower();
      life.disk.syncMs = 0;
      if (starts < FALSE_STARTS_MAX && life.random.chance(0.1)) {
        life.disk.cutAtWrite(life.random.integer(1, 3), life.random.pick(CUT_POINTS));
      }
      await this.comeBack(before, "cut");
      life.disk.disarm();
    }
  }

  /** What the meter has observed by now, or by when it starts again in the same boot. */
  ended(pauseMs = 0): Ended {
    const { laws, clock, time } = this.#life;
    return { observedMs: laws.observedUntil(clock.mono() + pauseMs), at: time.now };
  }

  async powerOn(): Promise<void> {
    this.#life.configuration = this.#life.wide;
    this.#life.boot();
    await this.#life.startMeter();
  }

  /** The meter starts again. */
  async comeBack(ended: Ended, after: "cut" | "end"): Promise<void> {
    const life = this.#life;
    const { observedMs: observedBefore, at: endedAt } = ended;
    this.#recovery = null;
    if (after === "cut") await this.powerOn();
    else await life.startMeter();
    const { past, began, slotsWereBroken } = life.meter;
    this.toll.recoveredFrom[past?.from ?? "nothing"]++;
    this.#isWhatWasSaved();
    const sameBoot = past?.boot === life.clock.boot;
    const lostMs = observedBefore - observedMs(began);
    life.laws.recovered(began, lostMs);
    const shown = life.meter.lastLeaf?.regs ?? ZERO_REGISTERS;
    hold(
      REGISTER_NAMES.every((name) => began[name] >= shown[name]),
      "registers go on from at least what the ledger has",
      () => ({ began, shown }),
    );
    // A disk that lies about its syncs can lose both of them at once.
    const mayBreakBoth = this.slotsSpoiled || life.disk.lostWrites > 0;
    hold(!slotsWereBroken || mayBreakBoth, "a cut breaks one slot at most", () => past);
    if (sameBoot) {
      hold(lostMs === 0, "a restart within one boot loses nothing", () => ({ lostMs, past }));
      return;
    }
    this.#isWithinBound(lostMs, endedAt);
    this.toll.lostMs += lostMs;
  }

  #isWithinBound(foundMs: number, cutAt: number): void {
    const { disk, meter, configuration } = this.#life;
    const from = meter.past?.from ?? "nothing";
    const stated = this.#recovery;
    const isExcused = this.slotsSpoiled || this.failsSince !== null || disk.lostWrites > 0;
    // Time that went to UNKNOWN at once: it was not running time that anybody had counted.
    const unsavedMs = cutAt <= this.unsaved.until ? this.unsaved.forMs : 0;
    const lostMs = Math.max(0, foundMs - unsavedMs);
    if (!isExcused) {
      const most = CUT_TAKES_MS_MAX + SYNC_MS_MAX;
      hold(lostMs <= most, "a cut takes at most 10 s and one sync", () => ({ lostMs, from }));
      this.toll.worstLossMs = Math.max(this.toll.worstLossMs, lostMs);
      if (stated !== null) {
        const missingMs = lostMs + stated.undecidedMs;
        hold(missingMs <= stated.lossBoundMs, "a recovery states the bound", () => ({
          missingMs,
          stated,
        }));
      }
    } else {
      // Then the ledger has it, as far as was decided at its newest leaf.
      const most = CUT_TAKES_MS_MAX + SYNC_MS_MAX + 15 * MINUTE_MS + configuration.staleMs;
      hold(lostMs <= most, "what a bad disk forgets the ledger has", () => ({ lostMs, from }));
    }
    disk.lostWrites = 0;
    disk.isLying = false;
    this.slotsSpoiled = false;
    this.failsSince = disk.isFailing ? this.failsSince : null;
  }

  /**
   * What a life goes on from is something that an earlier one saved, with what was open UNKNOWN.
   */
  #isWhatWasSaved(): void {
    const { meter, controller, clock } = this.#life;
    const { past, began, startedAt, lastLeaf } = meter;
    if (past === null) return;
    const isThere = (kept: KeptRegisters) =>
      kept.boot === past.boot &&
      kept.mono === past.mono &&
      REGISTER_NAMES.every((name) => kept.registers[name] === past.registers[name]);
    const isOfLeaf = lastLeaf !== null && isThere({ ...lastLeaf, registers: lastLeaf.regs });
    const isSaved = controller.saves.some((save) => isThere(save) && save.savedAt === past.savedAt);
    hold(isSaved || isOfLeaf, "a life goes on from what was saved", () => past);
    const gapMs = past.boot === clock.boot ? startedAt - past.savedAt : 0;
    const unknown = past.registers.unknown + (past.savedAt - past.mono) + gapMs;
    const expected = { ...past.registers, unknown };
    hold(
      REGISTER_NAMES.every((name) => began[name] === expected[name]),
      "a recovery adds to UNKNOWN what was open, and nothing else",
      () => ({ began, expected }),
    );
  }
}
