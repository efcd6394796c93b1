// Collects from a ledger what a statement about a period needs: the leaves between two tree heads,
// the proofs that they are in those trees, and the few earlier leaves that its figures depend on.

import { offsetsOf } from "./calendar.ts";
import { chooseCheckpoint, cosignedBetween, sizeOf } from "./collect-checkpoints.ts";
import { earlierIndices, hireStartOf } from "./collect-earlier.ts";
import { LeafWindow, listedLeaf } from "./collect-leaves.ts";
import type { Contract } from "./contract.ts";
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
  const { opening, closing } = window.ends(from, to);
  const last = await chooseCheckpoint(reader, contract, [closing + 1, sizeOf(fresh)], fresh);
  const closingSize = sizeOf(last);
  const first = await chooseCheckpoint(reader, contract, [opening + 1, closingSize], last);
  const openingSize = sizeOf(first);
  await window.readOn(closingSize);
  const hireStart = await hireStartOf(reader, window, opening);
  const offsets = offsetsOf(contract.zone, Math.min(from, (hireStart ?? from) - DAY_MS), to);
  const indices = await earlierIndices(reader, window, opening, {
    contract,
    offsets,
    hireStart,
    from,
  });
  const end = async (index: number, note: string, size: number): Promise<StatementEnd> => {
    return { index, checkpoint: note, inclusion: await reader.inclusion(index, size) };
  };
  const earlier: { index: number; leaf: string; inclusion: readonly string[] }[] = [];
  for (const index of indices) {
    const [leaf] = await reader.leaves(index, 1);
    if (leaf === undefined) continue;
    earlier.push({ index, leaf, inclusion: await reader.inclusion(index, closingSize) });
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
