// The bill of a period: which of its time was on hire under the contract at hand, what of the hours
// before it counts towards included ones, and the lines that follow.

import type { Account } from "./account.ts";
import { type Interval, type Piece, piecesOf } from "./hours.ts";
import { type Hire, linesOf } from "./lines.ts";
import { type LookBack, lookBack } from "./look-back.ts";
import type { SignedWords } from "./signed-words.ts";
import type { StatementLine } from "./statement.ts";
import { Tariff } from "./tariff.ts";

type LeaseOf = Pick<Piece, "lease">;

export interface Bill {
  readonly lines: readonly StatementLine[];
  readonly notes: readonly string[];
  /** Whether time was on hire under this contract. */
  readonly isOnHire: (piece: LeaseOf) => boolean;
  /** Hours that got a cheaper rate than their date says. */
  readonly favouredMs: number;
  readonly unratedMs: number;
  /** How many hires under this contract ran in the period. */
  readonly hires: number;
}

export function billOf(account: Account, words: SignedWords): Bill {
  const isOnHire = ({ lease }: LeaseOf) => {
    return lease !== undefined && words.leases.has(lease.id) && isHire(lease.state);
  };
  const hires = hiresOf(account, words);
  const bills = hires.map((hire) => billOfHire(account, words, hire));
  return {
    lines: bills.flatMap(({ lines }, index) => {
      if (hires.length === 1) return lines;
      const { lease } = hires[index]!;
      return lines.map((line) => ({
        ...line,
        id: `${lease}/${line.id}`,
        text: `${lease}: ${line.text}`,
      }));
    }),
    notes: bills.flatMap(({ notes }) => notes),
    hires: hires.length,
    isOnHire,
    favouredMs: bills.reduce((sum, { favouredMs }) => sum + favouredMs, 0),
    unratedMs: bills.reduce((sum, { unratedMs }) => sum + unratedMs, 0),
  };
}

/** Those that ran at some time of the period, in their order. */
function hiresOf(account: Account, words: SignedWords): readonly (Hire & { lease: string })[] {
  const { from, to } = account.input.period;
  return [...words.leases]
    .flatMap(([lease, { onHire }]) => {
      const hire = hireOf(account, lease, onHire);
      return hire === null ? [] : [{ ...hire, lease }];
    })
    .filter(({ start, end }) => start < to && (end === null || end > from))
    .sort((one, other) => one.start - other.start);
}

function isHire(state: string): boolean {
  return state === "on-hire" || state === "standby";
}

function billOfHire(
  account: Account,
  words: SignedWords,
  hire: Hire & { readonly lease: string },
): Omit<Bill, "isOnHire" | "hires"> {
  const { input, local, pieces } = account;
  const { contract, period } = input;
  const notes: string[] = [];
  const { lease } = hire;
  if (!hire.isStartKnown) {
    notes.push(
      `The statement does not show when the hire ${lease} began: it is taken to begin with the ` +
        "period.",
    );
  }
  const hireDay = local.dayAt(hire.start);
  const tariff = new Tariff(contract, hireDay, words.timeSteps);
  const isOurs = ({ lease: own }: LeaseOf) => own?.id === lease && isHire(own.state);
  const back = lookBack(contract, local, hireDay, period.from);
  if (back.firstDay !== null && hire.start < period.from) {
    const since = { ...back, firstDay: back.firstDay, start: hire.start };
    const isComplete = hoursBefore(account, since, (piece) => {
      if (isOurs(piece)) tariff.before(piece);
    });
    if (!isComplete && hire.isStartKnown) {
      notes.push(
        "Hours from before the period that used up included ones are not all in this statement: " +
          "those that are missing count as if they had not been worked.",
      );
    }
  }
  const isIn = ({ utc }: Piece) => utc >= period.from && utc < period.to;
  const substitutes =
    contract.substitutes === "admitted" ? substitutesOf(account).filter(isIn) : [];
  for (const piece of inTurn(pieces, substitutes)) {
    if (isOurs(piece)) tariff.add(piece, "isSubstitute" in piece);
  }
  const { charges } = tariff;
  const { lines, notes: lineNotes } = linesOf(contract, charges, hire, period, local);
  const { favouredMs, unratedMs } = charges;
  return { lines, notes: [...notes, ...lineNotes], favouredMs, unratedMs };
}

/** From the leaf that put it on hire to the first that is not; null where none is on hire. */
function hireOf(
  { listed, dates, input }: Account,
  lease: string,
  onHire: number | null,
): Hire | null {
  const isOurs = (leaf: (typeof listed)[number]["leaf"]) => {
    return leaf.lease?.id === lease && isHire(leaf.lease.state);
  };
  const first = listed.findIndex(({ leaf }) => isOurs(leaf));
  if (first === -1) return null;
  const shown = listed.findIndex(({ index }) => index === onHire);
  const start = shown === -1 ? null : (dates[shown] ?? null);
  const after = listed.findIndex(({ leaf }, position) => {
    return position > Math.max(first, shown) && !isOurs(leaf);
  });
  return {
    start: start ?? input.period.from,
    isStartKnown: start !== null,
    end: after === -1 ? null : (dates[after] ?? null),
    seen: dates.at(-1) ?? input.period.from,
  };
}

/**
 * Gives the pieces from a local day on to the period, in order; false where some are missing, or
 * nobody can say on which side of a day that matters they lie.
 */
function hoursBefore(
  { input, local, intervals }: Account,
  {
    firstDay,
    isMark,
    start: hireStart,
  }: LookBack & {
    readonly firstDay: number;
    readonly start: number;
  },
  each: (piece: Piece) => void,
): boolean {
  // What was before the hire is nobody's hours, and needs no leaves at the midnight before it.
  const window = { from: Math.max(local.startOf(firstDay), hireStart), to: input.period.from };
  let isComplete = true;
  let reachesBack = false;
  for (const interval of intervals) {
    const { fromDating, toDating } = interval;
    const start = fromDating.utc;
    const end = toDating.utc;
    if (start === null || end === null || end <= window.from || start >= window.to) continue;
    if (start <= window.from || isLeaseStart(interval)) reachesBack = true;
    if (isUnclear(interval, start, end)) {
      isComplete = false;
      continue;
    }
    for (const piece of piecesOf(interval, local, window)) {
      if (piece.utc >= window.from && piece.utc < window.to) each(piece);
    }
  }
  return isComplete && reachesBack;

  /** Leaves are missing in between, and so is the day on which the hours lie. */
  function isUnclear({ from, to }: Interval, start: number, end: number): boolean {
    if (to.index === from.index + 1) return false;
    const isSameLease =
      from.leaf.lease?.id === to.leaf.lease?.id && from.leaf.lease?.state === to.leaf.lease?.state;
    if (!isSameLease && to.leaf.typ !== "LEASE") return true;
    const lastDay = local.dayAt(Math.min(end, window.to) - 1);
    const first = Math.max(local.dayAt(start), firstDay - 1);
    for (let day = first + 1; day <= lastDay; day++) if (isMark(day)) return true;
    return false;
  }
}

function isLeaseStart({ from }: Interval): boolean {
  return from.leaf.typ === "LEASE";
}

type SubstitutePiece = Piece & { readonly isSubstitute: true };

/**
 * Hours that the machine's own register proves for a gap: worked at some time before the start that
 * compared the registers, and billed where that comparison is.
 */
function substitutesOf({ intervals, local }: Account): readonly SubstitutePiece[] {
  let gap: Interval | null = null;
  return intervals.flatMap((interval) => {
    const { leaf } = interval.to;
    if (leaf.typ === "RECOVERY") gap = interval;
    const { utc } = interval.toDating;
    if (leaf.typ !== "RECONCILE" || !leaf.d.substituteMs || utc === null) return [];
    const { from, fromDating } = gap ?? interval;
    const { errorMs } = fromDating;
    const spanMs = utc - (fromDating.utc ?? utc);
    const piece: SubstitutePiece = {
      isSubstitute: true,
      ms: leaf.d.substituteMs,
      state: "WORKING",
      mode: from.leaf.mode,
      overload: false,
      utc,
      day: local.dayAt(utc),
      shift: local.shiftAt(utc),
      shiftsPossible: local.shiftsNear(utc, errorMs === null ? null : errorMs + spanMs),
      quality: "R",
      lease: from.leaf.lease,
    };
    return [piece];
  });
}

function inTurn(
  pieces: readonly Piece[],
  substitutes: readonly SubstitutePiece[],
): readonly (Piece | SubstitutePiece)[] {
  if (substitutes.length === 0) return pieces;
  return [...pieces, ...substitutes].sort((one, other) => one.utc - other.utc);
}
