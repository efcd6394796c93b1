// The lines of a statement, in an order that never changes: the hire itself, its hours, what comes
// on top, the minimum, and what is taken off.

import { durationText, hourLine, moneyText, pieceLine } from "./amounts.ts";
import type { Contract } from "./contract.ts";
import type { LocalTime } from "./local-time.ts";
import type { StatementLine } from "./statement.ts";
import type { Charges } from "./tariff.ts";

/** When the machine was on hire; the beginning is a guess where the statement does not show it. */
export interface Hire {
  readonly start: number;
  readonly isStartKnown: boolean;
  /** Null while it goes on. */
  readonly end: number | null;
  /** Up to here the ledger shows that it went on. */
  readonly seen: number;
}

const DAYS_OF = { day: 1, week: 7, "28-days": 28 } as const;
const PIECE_TEXTS = { day: "day", week: "week", "28-days": "28 days" } as const;

export interface Lines {
  readonly lines: readonly StatementLine[];
  readonly notes: readonly string[];
}

export function linesOf(
  contract: Contract,
  charges: Charges,
  hire: Hire,
  period: { readonly from: number; readonly to: number },
  local: LocalTime,
): Lines {
  const { billing } = contract;
  const notes: string[] = [];
  const lines: StatementLine[] = [];
  const hours = (id: string, text: string, ms: number, rateMinor: number | undefined) => {
    if (ms > 0 && rateMinor !== undefined)
      lines.push(hourLine(contract, { id, text, ms, rateMinor }));
  };
  if (billing.base) {
    const { per, amountMinor } = billing.base;
    const quantity = piecesBegun(hire, DAYS_OF[per], period, local);
    if (quantity > 0) {
      const text = `Hire, each ${PIECE_TEXTS[per]} that begins in the period`;
      lines.push(
        pieceLine(contract, { id: "base", text, quantity, unit: per, rateMinor: amountMinor }),
      );
    }
  }
  hours("included", "Included hours", charges.includedMs, 0);
  for (const priced of charges.priced) lines.push(hourLine(contract, priced));
  const ends = hire.end !== null && hire.end >= period.from && hire.end < period.to;
  hours("standby", "Standby calls", charges.standbyMs, billing.standbyPerHourMinor);
  hours("overload", "Surcharge for overload", charges.overloadMs, billing.overloadPerHourMinor);
  if (ends && billing.minimum) {
    const { hoursMs = 0 } = billing.minimum;
    const text = `Hours that are missing to the minimum of ${durationText(hoursMs)}`;
    hours("minimum-hours", text, hoursMs - charges.billedMs, lowestRate(contract));
    minimumAmount(contract, hire, period, lines, notes);
  }
  const { faultCreditPerHourMinor: credit } = billing;
  const creditMinor = credit === undefined ? undefined : -credit;
  hours("credit", "Credit for hours in FAULT", charges.faultMs, creditMinor);
  return { lines, notes };
}

/** What is charged is compared, before credits: a fault must not cost its credit again. */
function minimumAmount(
  contract: Contract,
  hire: Hire,
  period: { readonly from: number },
  lines: StatementLine[],
  notes: string[],
): void {
  const { currency } = contract;
  const { amountMinor: leastMinor } = contract.billing.minimum!;
  if (leastMinor === undefined) return;
  if (!hire.isStartKnown || hire.start < period.from) {
    notes.push(
      "The hire began before this period: whether all its statements together reach the minimum " +
        `of ${moneyText(leastMinor, currency)} has to be added up by hand.`,
    );
    return;
  }
  const chargedMinor = totalOf(lines);
  if (chargedMinor >= leastMinor) return;
  lines.push(
    pieceLine(contract, {
      id: "minimum",
      text: "Up to the minimum of the hire",
      quantity: 1,
      unit: "once",
      rateMinor: leastMinor - chargedMinor,
      why: `${moneyText(leastMinor, currency)} - ${moneyText(chargedMinor, currency)}`,
    }),
  );
}

export function totalOf(lines: readonly StatementLine[]): number {
  return Number(lines.reduce((sum, { amountMinor }) => sum + BigInt(amountMinor), 0n));
}

/** The first begins with the hire, the others at local midnight; each is billed where it begins. */
function piecesBegun(
  hire: Hire,
  days: number,
  { from, to }: { readonly from: number; readonly to: number },
  local: LocalTime,
): number {
  const hireDay = local.dayAt(hire.start);
  const end = Math.min(to, hire.end ?? hire.seen);
  let pieces = hire.start >= from && hire.start < end ? 1 : 0;
  const first = Math.max(1, Math.floor((local.dayAt(from) - hireDay) / days));
  for (let piece = first; ; piece++) {
    const begin = local.startOf(hireDay + piece * days);
    if (begin >= end) return pieces;
    if (begin >= from) pieces++;
  }
}

/** What a missing hour costs: nobody can say at what time it would have been worked. */
function lowestRate(contract: Contract): number | undefined {
  const { rates } = contract.billing;
  return rates.length === 0 ? undefined : Math.min(...rates.map((rate) => rate.perHourMinor));
}
