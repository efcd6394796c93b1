// A statement's leaves as whoever verifies it sees them: each text, its hash, its index, and the
// leaf that it is, where it is one.

import { utf8 } from "./bytes.ts";
import { type Leaf, parseLeaf } from "./leaf.ts";
import { leafHash } from "./merkle.ts";
import type { Statement } from "./statement.ts";
import type { Answers } from "./verdict.ts";

export interface StatementRecord {
  readonly index: number;
  readonly hash: Uint8Array;
  /** Null where its text is no leaf; that was answered already. */
  readonly leaf: Leaf | null;
}

export interface StatementRecords {
  /** From the opening leaf to the end of the closing's tree. */
  readonly run: readonly StatementRecord[];
  /** Those from before that the figures need, in the order of their indices. */
  readonly earlier: readonly StatementRecord[];
}

/** Called with what is done and what there is to do. */
export type Progress = (done: number, total: number) => void;

/** Leaves between two words about the progress. */
const PROGRESS_EVERY = 256;

export function readRecords(
  { opening, leaves, earlier }: Statement,
  answers: Answers,
  onProgress: Progress,
): StatementRecords {
  const total = leaves.length + earlier.length;
  const read = (text: string, index: number, field: string): StatementRecord => {
    const leaf = parseLeaf(text);
    const isLeaf = typeof leaf !== "string";
    if (!isLeaf) {
      const expected = "a leaf in canonical JSON";
      answers.failed("chain gap", { where: { leaf: index, field }, expected, found: leaf });
    }
    return { index, hash: leafHash(utf8(text)), leaf: isLeaf ? leaf : null };
  };
  const run = leaves.map((text, position) => {
    if (position % PROGRESS_EVERY === 0) onProgress(position, total);
    return read(text, opening.index + position, `leaves.${position}`);
  });
  const before = earlier.map(({ leaf, index }, position) => {
    return read(leaf, index, `earlier.${position}.leaf`);
  });
  return { run, earlier: before };
}

/** Those that are leaves, the earlier ones first. */
export function leavesOf({ earlier, run }: StatementRecords): readonly {
  readonly index: number;
  readonly leaf: Leaf;
}[] {
  return [...earlier, ...run].flatMap(({ index, leaf }) => (leaf ? [{ index, leaf }] : []));
}
