// Which signed tree heads a statement carries: those that most witnesses of the parties have
// cosigned, as near to its ends as there are any.

import { parseCheckpoint } from "./checkpoint.ts";
import type { Contract } from "./contract.ts";
import { parseVerifierKey } from "./keys.ts";
import { parseNote } from "./note.ts";
import { CHECKPOINTS_PER_ANSWER_MAX, type LedgerReader } from "./reader.ts";

/** A cosigned head a day over more than a year; of more, only each so many-th is kept. */
const BETWEEN_MAX = 400;

/** How many leaves a signed tree head covers; 0 where it is none. */
export function sizeOf(note: string): number {
  const head = parseCheckpoint(note);
  return typeof head === "string" ? 0 : head.size;
}

/** @param otherwise a head that will do where the ledger has none in the range. */
export async function chooseCheckpoint(
  reader: LedgerReader,
  contract: Contract,
  [sizeMin, sizeMax]: readonly [number, number],
  otherwise: string,
): Promise<string> {
  const witnesses = witnessNames(contract);
  const found = await reader.checkpoints(sizeMin, sizeMax, CHECKPOINTS_PER_ANSWER_MAX);
  let best = otherwise;
  let bestCount = -1;
  for (const note of [...found, otherwise]) {
    const count = namesOn(note).filter((name) => witnesses.has(name)).length;
    if (count <= bestCount) continue;
    best = note;
    bestCount = count;
  }
  return best;
}

/** Heads between two sizes that somebody else than the device has signed. */
export async function cosignedBetween(
  reader: LedgerReader,
  from: number,
  to: number,
): Promise<readonly string[]> {
  const notes: string[] = [];
  let next = from + 1;
  while (next < to) {
    const page = await reader.checkpoints(next, to - 1, CHECKPOINTS_PER_ANSWER_MAX);
    notes.push(...page.filter((note) => namesOn(note).length > 1));
    const last = page.at(-1);
    if (last === undefined || page.length < CHECKPOINTS_PER_ANSWER_MAX) break;
    next = sizeOf(last) + 1;
  }
  const each = Math.ceil(notes.length / BETWEEN_MAX);
  return notes.filter((_, index) => (notes.length - 1 - index) % each === 0);
}

function witnessNames({ parties }: Contract): ReadonlySet<string> {
  const names = Object.values(parties).flatMap(({ witness }) => {
    const key = witness === undefined ? "" : parseVerifierKey(witness);
    return typeof key === "string" ? [] : [key.name];
  });
  return new Set(names);
}

function namesOn(note: string): readonly string[] {
  const parsed = parseNote(note);
  return typeof parsed === "string" ? [] : [...new Set(parsed.signatures.map(({ name }) => name))];
}
