// Prices the hours of a hire: what is included, at which rate the rest is, and what comes on top or
// is taken off. Where a clock or a power cut leaves a doubt, the lessee has the benefit of it
// unless the contract says otherwise.

import {
  STATE_REGISTERS,
  type StateRegister,
  USAGE_STATES,
  type UsageState,
} from "../usage/usage-state.ts";
import { THOUSANDTHS } from "./amounts.ts";
import type { Contract, Rate } from "./contract.ts";
import type { Piece } from "./hours.ts";
import { Allowance } from "./included-hours.ts";
import { weekOf } from "./local-time.ts";

/** How many shifts a week's hours make: the first, the second, the third. */
const TIERS = ["single", "double", "triple"] as const;
type Tier = (typeof TIERS)[number];

/** Milliseconds for each line, before they are rounded. */
export interface Charges {
  /** Hours at a price, in the order of their lines. */
  readonly priced: readonly PricedHours[];
  readonly includedMs: number;
  readonly standbyMs: number;
  readonly overloadMs: number;
  readonly faultMs: number;
  /** Hours for which no rate of the contract fits. */
  readonly unratedMs: number;
  /** Hours that got a cheaper rate than their date says, because the date is not sure. */
  readonly favouredMs: number;
  /** All hours of the hire that are billed, those before the period too. */
  readonly billedMs: number;
}

export interface PricedHours {
  readonly id: string;
  readonly text: string;
  readonly rateMinor: number;
  readonly thousandths: number;
  readonly ms: number;
}

/**
 * Positions of lines: rates as the contract lists them, then overage, then the same substituted.
 */
const OVERAGE_RANK = 1_000_000;
const SUBSTITUTE_RANK = 2_000_000;

/** The state as which time is billed; null where it is not billed for its state. */
function stateBilled(state: UsageState, contract: Contract): UsageState | null {
  if (state !== "UNKNOWN") return state;
  return contract.unknown === "free" ? null : contract.unknown;
}

/** Whether the billed registers count this time. */
function isBilled(piece: Piece, contract: Contract): boolean {
  const state = stateBilled(piece.state, contract);
  if (state === null) return false;
  const { registers } = contract.billing;
  return (
    registers.includes(registerOf(state)) ||
    (piece.overload && registers.includes("overload")) ||
    (piece.mode === "Maintenance" && registers.includes("maintenance"))
  );
}

function registerOf(state: UsageState): StateRegister {
  return STATE_REGISTERS[USAGE_STATES.indexOf(state)]!;
}

export class Tariff {
  readonly #contract: Contract;
  readonly #allowance: Allowance;
  readonly #assented: ReadonlySet<number>;
  readonly #priced = new Map<number, PricedHours>();
  #includedMs = 0;
  #standbyMs = 0;
  #overloadMs = 0;
  #faultMs = 0;
  #unratedMs = 0;
  #favouredMs = 0;
  #billedMs = 0;
  #week = Number.NaN;
  #weekMs = 0;

  /**
   * @param hireDay local day on which the hire began.
   * @param assented indices of the clock steps that both parties have assented to.
   */
  constructor(contract: Contract, hireDay: number, assented: ReadonlySet<number>) {
    this.#contract = contract;
    this.#allowance = new Allowance(contract.billing.included, hireDay);
    this.#assented = assented;
  }

  get charges(): Charges {
    return {
      priced: [...this.#priced.entries()]
        .sort(([one], [other]) => one - other)
        .map(([, hours]) => hours),
      includedMs: this.#includedMs,
      standbyMs: this.#standbyMs,
      overloadMs: this.#overloadMs,
      faultMs: this.#faultMs,
      unratedMs: this.#unratedMs,
      favouredMs: this.#favouredMs,
      billedMs: this.#billedMs,
    };
  }

  /** Time on hire before the period: it has used up included hours and is billed elsewhere. */
  before(piece: Piece): void {
    if (this.#isStandby(piece) || !isBilled(piece, this.#contract)) return;
    this.#count(piece);
    this.#allowance.take(piece.day, piece.ms);
  }

  /** Time on hire in the period, in the order of time. */
  add(piece: Piece, isSubstitute = false): void {
    const { ms, state } = piece;
    if (state === "FAULT") this.#faultMs += ms;
    if (this.#isStandby(piece)) {
      const isReady = state !== "FAULT" && stateBilled(state, this.#contract) !== null;
      if (isReady) this.#standbyMs += ms;
      return;
    }
    if (!isBilled(piece, this.#contract)) return;
    if (piece.overload) this.#overloadMs += ms;
    const weekBeforeMs = this.#count(piece);
    const includedMs = this.#allowance.take(piece.day, ms);
    this.#includedMs += includedMs;
    const beyondMs = ms - includedMs;
    if (beyondMs === 0) return;
    const { overagePerHourMinor } = this.#contract.billing;
    if (this.#allowance.isGiven && overagePerHourMinor !== undefined) {
      this.#price(isSubstitute, OVERAGE_RANK, {
        id: "overage",
        text: "Hours beyond the included ones",
        rateMinor: overagePerHourMinor,
        thousandths: THOUSANDTHS,
        ms: beyondMs,
      });
      return;
    }
    this.#rate(piece, beyondMs, weekBeforeMs + includedMs, isSubstitute);
  }

  /** Adds to the week's hours, and gives what they were before. */
  #count({ day, ms }: Piece): number {
    this.#billedMs += ms;
    const week = weekOf(day);
    if (week !== this.#week) this.#weekMs = 0;
    this.#week = week;
    const before = this.#weekMs;
    this.#weekMs += ms;
    return before;
  }

  #isStandby(piece: Piece): boolean {
    const { standbyPerHourMinor } = this.#contract.billing;
    return piece.lease?.state === "standby" && standbyPerHourMinor !== undefined;
  }

  #rate(piece: Piece, ms: number, weekBeforeMs: number, isSubstitute: boolean): void {
    const dated = this.#rateOf(piece, piece.shift);
    const possible = piece.shiftsPossible.map((shift) => this.#rateOf(piece, shift));
    const rate = this.#isDoubtful(piece) ? cheapestOf([dated, ...possible]) : dated;
    if (priceOf(rate) < priceOf(dated)) this.#favouredMs += ms;
    if (rate === null) {
      this.#unratedMs += ms;
      return;
    }
    const position = this.#contract.billing.rates.indexOf(rate);
    for (const [index, part] of this.#tiersOf(ms, weekBeforeMs).entries()) {
      if (part === 0) continue;
      const tier = TIERS[index]!;
      const isSingle = tier === "single";
      this.#price(isSubstitute, position * TIERS.length + index, {
        id: isSingle ? `rate:${rate.name}` : `rate:${rate.name}:${tier}`,
        text: isSingle ? `Hours at rate ${rate.name}` : `Hours at rate ${rate.name}, ${tier} shift`,
        rateMinor: rate.perHourMinor,
        thousandths: this.#thousandthsOf(tier),
        ms: part,
      });
    }
  }

  #price(isSubstitute: boolean, rank: number, hours: PricedHours): void {
    const position = isSubstitute ? SUBSTITUTE_RANK + rank : rank;
    const ms = hours.ms + (this.#priced.get(position)?.ms ?? 0);
    const named = isSubstitute
      ? { id: `substitute:${hours.id}`, text: `${hours.text}, by the machine's own register` }
      : {};
    this.#priced.set(position, { ...hours, ...named, ms });
  }

  #thousandthsOf(tier: Tier): number {
    const { shiftWork } = this.#contract.billing;
    if (!shiftWork || tier === "single") return THOUSANDTHS;
    return tier === "double" ? shiftWork.doubleThousandths : shiftWork.tripleThousandths;
  }

  /** Where the time is sure, only one shift is possible and the cheapest is the only one. */
  #isDoubtful({ step }: Piece): boolean {
    if (step !== undefined) return !this.#assented.has(step);
    return this.#contract.badlyTimed === "cheapest";
  }

  /** The first of the contract's rates that fits. */
  #rateOf({ state, mode }: Pick<Piece, "state" | "mode">, shift: string): Rate | null {
    const billed = stateBilled(state, this.#contract);
    const rate = this.#contract.billing.rates.find(({ states, modes, shifts }) => {
      return (
        billed !== null &&
        (states?.includes(billed) ?? true) &&
        (modes?.includes(mode) ?? true) &&
        (shifts?.includes(shift) ?? true)
      );
    });
    return rate ?? null;
  }

  /** Only the hours beyond a limit are dearer, not the whole week. */
  #tiersOf(ms: number, weekBeforeMs: number): readonly number[] {
    const { shiftWork } = this.#contract.billing;
    if (!shiftWork) return [ms];
    const end = weekBeforeMs + ms;
    const beyond = (limitMs: number) => Math.max(0, end - Math.max(limitMs, weekBeforeMs));
    const triple = beyond(shiftWork.tripleAboveMs);
    const double = Math.max(0, beyond(shiftWork.doubleAboveMs) - triple);
    return [ms - double - triple, double, triple];
  }
}

function cheapestOf(rates: readonly (Rate | null)[]): Rate | null {
  return rates.reduce((best, rate) => (priceOf(rate) < priceOf(best) ? rate : best));
}

/** Time that no rate fits costs nothing. */
function priceOf(rate: Rate | null): number {
  return rate?.perHourMinor ?? 0;
}
