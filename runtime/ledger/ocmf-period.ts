// Which leaves of a ledger an OCMF record of a period reads. They lie inside the period: hours
// between its ends and the next leaf are not in the record, so it never says more than the period
// had.

import { type Leaf, type LeafType, parseLeaf } from "./leaf.ts";
import type { DatedLeaf, OcmfPeriod } from "./ocmf.ts";
import { LEAVES_PER_ANSWER_MAX, type LedgerReader } from "./reader.ts";

/** Leaves after which a part of the time may be missing from the registers. */
const GAPS: readonly LeafType[] = ["RECOVERY", "GAP", "LAPSE"];

/** Answers that are looked through for a dated leaf: a fortnight of ticks without a clock. */
const LOOKED_THROUGH_MAX = 4;

type Asked = Pick<LedgerReader, "leaves" | "indexAt" | "newestOf">;

/**
 * The first and the last leaf that a clock dated in a period; or, in a sentence, why there are
 * none.
 * @param from milliseconds since 1970, as `to`; both included.
 */
export async function ocmfEnds(
  ledger: Asked,
  from: number,
  to: number,
): Promise<Pick<OcmfPeriod, "opening" | "closing" | "hasGap"> | string> {
  const isInside = (leaf: Leaf): leaf is DatedLeaf =>
    leaf.utc !== undefined && leaf.utc >= from && leaf.utc <= to;
  const first = await ledger.indexAt(from);
  const after = await ledger.indexAt(to + 1);
  const opening = await firstInside(ledger, first, after, isInside);
  const closing = await lastInside(ledger, first, after, isInside);
  if (opening === null || closing === null) return "no leaf of the period was dated by a clock";
  if (opening.seq >= closing.seq) return "only one leaf of the period was dated by a clock";
  // The clock can have been set back in between; the record would end before it begins.
  if (closing.utc < opening.utc) return "the clock was set back over the whole period";
  const [gap] = await ledger.newestOf(GAPS, closing.seq + 1, 1);
  return { opening, closing, hasGap: gap !== undefined && gap.index > opening.seq };
}

async function firstInside(
  ledger: Asked,
  first: number,
  after: number,
  isInside: (leaf: Leaf) => leaf is DatedLeaf,
): Promise<DatedLeaf | null> {
  for (let answers = 0, from = first; answers < LOOKED_THROUGH_MAX && from < after; answers++) {
    const leaves = await read(ledger, from, Math.min(after, from + LEAVES_PER_ANSWER_MAX));
    const found = leaves.find(isInside);
    if (found !== undefined) return found;
    from += LEAVES_PER_ANSWER_MAX;
  }
  return null;
}

async function lastInside(
  ledger: Asked,
  first: number,
  after: number,
  isInside: (leaf: Leaf) => leaf is DatedLeaf,
): Promise<DatedLeaf | null> {
  for (let answers = 0, end = after; answers < LOOKED_THROUGH_MAX && end > first; answers++) {
    const leaves = await read(ledger, Math.max(first, end - LEAVES_PER_ANSWER_MAX), end);
    const found = leaves.findLast(isInside);
    if (found !== undefined) return found;
    end -= LEAVES_PER_ANSWER_MAX;
  }
  return null;
}

async function read(ledger: Asked, from: number, end: number): Promise<readonly Leaf[]> {
  const texts = await ledger.leaves(from, end - from);
  // What is no leaf dates nothing; whoever checks the ledger names it.
  return texts.map(parseLeaf).filter((leaf) => typeof leaf !== "string");
}
