// What the parties have to look at before they rely on a statement, in sentences; nothing in the
// usual case.

import type { Account } from "./account.ts";
import { durationText } from "./amounts.ts";
import type { Bill } from "./bill.ts";
import { STEP_ASSENT_MS } from "./dating.ts";
import type { Piece } from "./hours.ts";
import { localText } from "./local-time.ts";
import type { SignedWords } from "./signed-words.ts";
import type { StatementFigures } from "./statement.ts";

export function notesOf(
  account: Account,
  words: SignedWords,
  { lossBoundMs, observedMs }: StatementFigures["quality"],
  bill: Bill,
): readonly string[] {
  const { contract, period } = account.input;
  const onHire = account.pieces.filter(bill.isOnHire);
  const notes: string[] = [];
  if (bill.hires === 0) {
    notes.push("The machine was not on hire under this contract in the period: nothing is billed.");
  }
  const last = account.dates.at(-1) ?? null;
  if (last !== null && last < period.to) {
    notes.push(
      `The ledger ends at ${localText(last, period.offsets)}, before the period does: what comes ` +
        "after that is not in this statement.",
    );
  }
  if (account.dates.some((utc) => utc === null)) {
    notes.push("No clock dates this ledger: its hours cannot be given to any period.");
  }
  notes.push(...otherLeases(account, words), ...stepNotes(onHire, words));
  if (bill.favouredMs > 0) {
    notes.push(
      `${durationText(bill.favouredMs)} are at times that are not sure; they are billed at the ` +
        "cheapest rate that is possible for them, not at that of the shift in the table.",
    );
  }
  if (bill.unratedMs > 0) {
    notes.push(`For ${durationText(bill.unratedMs)} the contract has no rate: they cost nothing.`);
  }
  const isAssented = words.losses.some(({ from, to }) => from <= period.from && to >= period.to);
  if (lossBoundMs > contract.lossBoundMs && !isAssented) {
    notes.push(
      `Power cuts may have taken up to ${durationText(lossBoundMs)}; the contract lets ` +
        `${durationText(contract.lossBoundMs)} pass, so both parties have to assent (assent-loss).`,
    );
  }
  notes.push(...leafNotes(account));
  if (observedMs === 0) notes.push("Nothing was observed in the period.");
  return notes;
}

function otherLeases({ pieces }: Account, { leases }: SignedWords): readonly string[] {
  const others = new Map<string, number>();
  for (const { lease, ms } of pieces) {
    if (lease === undefined || leases.has(lease.id)) continue;
    if (lease.state === "on-hire" || lease.state === "standby") {
      others.set(lease.id, (others.get(lease.id) ?? 0) + ms);
    }
  }
  return [...others].map(
    ([id, ms]) =>
      `${durationText(ms)} were on hire as ${id}; no instruction that both parties signed puts ` +
      "that hire under this contract, so they are not billed here.",
  );
}

function stepNotes(onHire: readonly Piece[], { timeSteps }: SignedWords): readonly string[] {
  const doubtful = new Map<number, number>();
  for (const { step, ms } of onHire) {
    if (step !== undefined && !timeSteps.has(step))
      doubtful.set(step, (doubtful.get(step) ?? 0) + ms);
  }
  return [...doubtful].map(
    ([leaf, ms]) =>
      `At leaf ${leaf} the wall clock moved by more than ${durationText(STEP_ASSENT_MS)}: until ` +
      `both parties assent (assent-time-step), the ${durationText(ms)} that this makes doubtful ` +
      "are billed at the cheapest rate that is possible for them.",
  );
}

function leafNotes({ listed, dates, input }: Account): readonly string[] {
  const { period, firstIndex } = input;
  return listed.flatMap(({ index, leaf }, position) => {
    const utc = dates[position]!;
    if (index < firstIndex || utc === null || utc < period.from || utc >= period.to) return [];
    const at = `${localText(utc, period.offsets)} (leaf ${index})`;
    if (leaf.typ === "OFFSET") {
      return [`At ${at} this controller took over the registers of another one.`];
    }
    if (leaf.typ === "LAPSE") {
      return [`Before ${at} ${leaf.d.leaves} leaves could not be written; no hour is missing.`];
    }
    return [];
  });
}
