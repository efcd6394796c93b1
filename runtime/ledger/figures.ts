// The figures of a statement from its evidence: whoever makes it and whoever checks it run this one
// function, with the leaves, the contract and the offsets that the statement carries, and get the
// same bytes. Nothing here knows a clock, a file or a time zone.

import {
  REGISTER_NAMES,
  type RegisterName,
  STATE_REGISTERS,
  USAGE_STATES,
} from "../usage/usage-state.ts";
import { type Account, accountOf, type FiguresInput, periodProblem } from "./account.ts";
import { billOf } from "./bill.ts";
import type { Contract } from "./contract.ts";
import { contractHash } from "./contract-file.ts";
import type { Events, Piece } from "./hours.ts";
import { parseLeaf } from "./leaf.ts";
import { totalOf } from "./lines.ts";
import { dayText, isoText } from "./local-time.ts";
import { notesOf } from "./notes.ts";
import { qualityOf } from "./quality.ts";
import { signedWords } from "./signed-words.ts";
import type {
  Hours,
  Statement,
  StatementDay,
  StatementEvidence,
  StatementFigures,
} from "./statement.ts";

/**
 * @throws RangeError where `periodProblem` says something, or an amount exceeds what JSON carries.
 */
export function figuresOf(input: FiguresInput): StatementFigures {
  const problem = periodProblem(input.period);
  if (problem !== null) throw new RangeError(problem);
  const account = accountOf(input);
  const { contract, contractSha256, assents } = input;
  const words = signedWords(contract, contractSha256, account.listed, assents);
  const bill = billOf(account, words);
  const quality = qualityOf(account);
  const { code: currency, decimals } = contract.currency;
  const amountMinor = totalOf(bill.lines);
  if (!Number.isSafeInteger(amountMinor)) throw new RangeError("an amount is too large");
  const { from, to, offsets } = input.period;
  const textOf = (utc: number) => isoText(utc, offsets);
  return {
    period: { from: textOf(from), to: textOf(to), offsetsSince: textOf(offsets[0]!.from) },
    registers: registersOf(account),
    hours: hoursOf(account.pieces.filter(bill.isOnHire), account.events.filter(bill.isOnHire)),
    days: daysOf(account),
    quality,
    lines: bill.lines,
    total: { currency, decimals, amountMinor },
    notes: [...bill.notes, ...notesOf(account, words, quality, bill)],
  };
}

/** The registers at the first and last instant of the period, between two leaves if need be. */
function registersOf({ input, pieces, events, before }: Account): StatementFigures["registers"] {
  const difference = hoursOf(pieces, events);
  const head = input.leaves[0]?.regs;
  const sinceOpening = hoursOf(before.pieces, before.events);
  const opening: Partial<Record<RegisterName, number>> = {};
  const closing: Partial<Record<RegisterName, number>> = {};
  for (const name of REGISTER_NAMES) {
    const moved = difference[name];
    if (moved === undefined || head === undefined) continue;
    opening[name] = head[name] + (sinceOpening[name] ?? 0);
    closing[name] = opening[name] + moved;
  }
  return { opening, closing, difference };
}

/** The input of evidence whose contract was read, or what is wrong with one of its leaves. */
function figuresInputOf(evidence: StatementEvidence, contract: Contract): FiguresInput | string {
  const read = (text: string, index: number) => {
    const leaf = parseLeaf(text);
    return typeof leaf === "string" ? `leaf ${index}: ${leaf}` : { index, leaf };
  };
  const firstIndex = evidence.opening.index;
  const leaves = evidence.leaves.map((text, position) => read(text, firstIndex + position));
  const earlier = evidence.earlier.map(({ leaf, index }) => read(leaf, index));
  const wrong = [...earlier, ...leaves].find((one) => typeof one === "string");
  if (wrong !== undefined) return wrong;
  const isRead = <One>(one: One | string): one is One => typeof one !== "string";
  return {
    leaves: leaves.filter(isRead).map(({ leaf }) => leaf),
    firstIndex,
    earlier: earlier.filter(isRead),
    contract,
    contractSha256: contractHash(evidence.contract.text),
    period: evidence.period,
    assents: evidence.assents,
  };
}

/**
 * The evidence with its figures.
 *
 * @throws RangeError where a leaf is none; see `figuresOf` too.
 */
export function makeStatement(evidence: StatementEvidence, contract: Contract): Statement {
  const input = figuresInputOf(evidence, contract);
  if (typeof input === "string") throw new RangeError(input);
  return { ...evidence, figures: figuresOf(input) };
}

type Sums = Partial<Record<RegisterName, number>>;

function hoursOf(pieces: readonly Piece[], events: readonly Events[]): Hours {
  const sums: Sums = {};
  for (const piece of pieces) addPiece(sums, piece);
  for (const event of events) addEvents(sums, event);
  return sums;
}

function addPiece(sums: Sums, { state, ms, mode, overload }: Piece): void {
  if (ms === 0) return;
  const register = STATE_REGISTERS[USAGE_STATES.indexOf(state)]!;
  sums[register] = (sums[register] ?? 0) + ms;
  if (overload) sums.overload = (sums.overload ?? 0) + ms;
  if (mode === "Maintenance") sums.maintenance = (sums.maintenance ?? 0) + ms;
}

function addEvents(sums: Sums, { counts }: Events): void {
  for (const [name, moved] of Object.entries(counts) as [RegisterName, number][]) {
    sums[name] = (sums[name] ?? 0) + moved;
  }
}

function daysOf({ pieces, events }: Account): readonly StatementDay[] {
  const days = new Map<number, Map<string, Sums>>();
  const sumsOf = ({ day, shift }: { readonly day: number; readonly shift: string }) => {
    const shifts = days.get(day) ?? new Map<string, Sums>();
    days.set(day, shifts);
    const sums = shifts.get(shift) ?? {};
    shifts.set(shift, sums);
    return sums;
  };
  for (const piece of pieces) addPiece(sumsOf(piece), piece);
  for (const event of events) addEvents(sumsOf(event), event);
  return [...days]
    .sort(([one], [other]) => one - other)
    .map(([day, shifts]) => ({ day: dayText(day), shifts: Object.fromEntries(shifts) }));
}
