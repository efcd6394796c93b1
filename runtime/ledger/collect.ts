// Collects from a ledger what a statement about a period needs: the leaves between two tree heads,
// the proofs that they are in those trees, and the few earlier leaves that its figures depend on.

import { offsetsOf } from "./calendar.ts";
import { chooseCheckpoint, cosignedBetween, sizeOf } from "./collect-checkpoints.ts";
import { earlierIndices, hireStartOf } from "./collect-earlier.ts";
import { LeafWindow, listedLeaf } from "./collect-leaves.ts";
import type { Contract } from "./contract.ts";
import { dateLeaves } from "./dating.ts";
import { instructionOfJws } from "./judge-instruction.ts";
import type { LedgerReader } from "./reader.ts";
import type { StatementEnd, StatementEvidence } from "./statement.ts";

const DAY_MS = 86_400_000;
/** Instructions after the period that are looked through for assents. */
const INSTRUCTIONS_MAX = 200;

export interface CollectOptions {
  readonly reader: LedgerReader;
  readonly contract: Contract;
  /** The contract's file, byte for byte, and its signatures. */
  readonly text: string;
  readonly jws: string;
  /** Milliseconds since 1970; from inclusive, to exclusive. */
  readonly from: number;
  readonly to: number;
  /** Assents that are not on the ledger. */
  readonly assents?: readonly string[];
}

/** @throws Fault where the ledger has nothing about the period, or cannot be read. */
export async function collectEvidence(options: CollectOptions): Promise<StatementEvidence> {
  const { reader, contract, from, to } = options;
  const fresh = await reader.freshCheckpoint();
  const facts = await reader.facts();
  const window = await LeafWindow.around(reader, sizeOf(fresh), from, to);
  const guess = window.ends(from, to);
  let { opening } = guess;
  let chosen = await chooseEnds({ ...options, fresh, window }, opening, guess.closing);
  for (let back = 1; opening > 0 && chosen.openingUtc > from; back *= 2) {
    opening = Math.max(0, opening - back);
    await window.readBackTo(opening);
    chosen = await chooseEnds({ ...options, fresh, window }, opening, guess.closing);
  }
  const { offsets, before, closing, last } = chosen;
  const closingSize = sizeOf(last);
  const first = await chooseCheckpoint(reader, contract, [opening + 1, closingSize], last);
  const openingSize = sizeOf(first);
  const end = async (index: number, note: string, size: number): Promise<StatementEnd> => {
    return { index, checkpoint: note, inclusion: await reader.inclusion(index, size) };
  };
  const earlier: { index: number; leaf: string; inclusion: readonly string[] }[] = [];
  for (const { index, text } of before) {
    earlier.push({ index, leaf: text, inclusion: await reader.inclusion(index, closingSize) });
  }
  return {
    v: 1,
    typ: "telltale.statement",
    controller: facts.controller,
    origin: facts.origin,
    key: facts.key,
    contract: { text: options.text, jws: options.jws },
    period: { from, to, offsets },
    opening: await end(opening, first, openingSize),
    closing: await end(closing, last, closingSize),
    consistency: await reader.consistency(openingSize, closingSize),
    frontier: await reader.frontier(opening),
    leaves: window.texts(opening, closingSize),
    earlier,
    checkpoints: await cosignedBetween(reader, openingSize, closingSize),
    assents: [...(options.assents ?? []), ...(await laterAssents(reader, closingSize))],
  };
}

interface ChooseOptions extends CollectOptions {
  /** A tree head of everything that there is. */
  readonly fresh: string;
  readonly window: LeafWindow;
}

interface ChosenEnds {
  readonly offsets: StatementEvidence["period"]["offsets"];
  /** Leaves from before the opening that the figures need. */
  readonly before: readonly { readonly index: number; readonly text: string }[];
  readonly closing: number;
  /** The tree head over the closing. */
  readonly last: string;
  readonly openingUtc: number;
}

/**
 * Dates both ends by the leaves that the statement will hold: in a boot without a clock other
 * leaves could date them otherwise, and no verifier has those.
 */
async function chooseEnds(
  options: ChooseOptions,
  opening: number,
  closingGuess: number,
): Promise<ChosenEnds> {
  const { reader, contract, window, fresh, from, to } = options;
  const hireStart = await hireStartOf(reader, window, opening);
  const offsets = offsetsOf(contract.zone, Math.min(from, (hireStart ?? from) - DAY_MS), to);
  const needs = { contract, offsets, hireStart, from };
  const before: { readonly index: number; readonly text: string }[] = [];
  for (const index of await earlierIndices(reader, window, opening, needs)) {
    const [text] = await reader.leaves(index, 1);
    if (text !== undefined) before.push({ index, text });
  }
  const earlier = before.map(({ index, text }) => listedLeaf(index, text));
  const sizeMax = sizeOf(fresh);
  let sizeMin = closingGuess + 1;
  for (let further = 1; ; further *= 2) {
    const last = await chooseCheckpoint(reader, contract, [sizeMin, sizeMax], fresh);
    const size = sizeOf(last);
    await window.readOn(size);
    const run = window.listed.filter(({ index }) => index >= opening && index < size);
    const dates = dateLeaves([...earlier, ...run]).slice(earlier.length);
    const openingUtc = dates[0]?.utc ?? Number.NEGATIVE_INFINITY;
    const found = dates.findIndex(({ utc }) => utc !== null && utc >= to);
    const known = { offsets, before, last, openingUtc };
    if (found !== -1) return { ...known, closing: run[found]!.index };
    if (size === sizeMax) return { ...known, closing: size - 1 };
    sizeMin = Math.min(size + further, sizeMax);
  }
}

/** Assents that were put on the ledger after the leaves that the statement holds. */
async function laterAssents(reader: LedgerReader, from: number): Promise<readonly string[]> {
  const { size } = await reader.facts();
  const found = await reader.newestOf(["LEASE"], size, INSTRUCTIONS_MAX);
  return found.flatMap(({ index, leaf: text }) => {
    if (index < from) return [];
    const { leaf } = listedLeaf(index, text);
    if (leaf.typ !== "LEASE") return [];
    const { jws } = leaf.d;
    const instruction = instructionOfJws(jws);
    return typeof instruction !== "string" && instruction.kind.startsWith("assent-") ? [jws] : [];
  });
}
