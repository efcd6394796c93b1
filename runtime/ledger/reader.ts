// What a ledger can be asked, wherever it is: the storage thread answers the meter, the meter's
// stream answers a command. Bytes travel as base64.

import type { LeafType } from "./leaf.ts";

/** Leaves that one answer holds at most: a leaf rarely has more than 700 bytes, a frame 1 MiB. */
export const LEAVES_PER_ANSWER_MAX = 500;
/** Checkpoints that one answer holds at most. */
export const CHECKPOINTS_PER_ANSWER_MAX = 200;

export interface LedgerFacts {
  readonly controller: string;
  readonly origin: string;
  /** The device's verifier key. */
  readonly key: string;
  /** From 1. */
  readonly segment: number;
  /** Leaves that are on the disk. */
  readonly size: number;
}

export interface LedgerReader {
  facts(): Promise<LedgerFacts>;
  /** Texts of the leaves from an index on, at most `LEAVES_PER_ANSWER_MAX`. */
  leaves(from: number, limit: number): Promise<readonly string[]>;
  /**
   * Index of the first leaf whose own wall time is at or after it; the size where there is none.
   */
  indexAt(utc: number): Promise<number>;
  /** The newest leaves of these types before an index, newest first. */
  newestOf(
    types: readonly LeafType[],
    before: number,
    limit: number,
  ): Promise<readonly { readonly index: number; readonly leaf: string }[]>;
  /** RFC 6962 proofs, base64. */
  inclusion(index: number, size: number): Promise<readonly string[]>;
  consistency(first: number, second: number): Promise<readonly string[]>;
  /** Roots of the complete subtrees of the tree of this size, from the left. */
  frontier(size: number): Promise<readonly string[]>;
  /** Signed checkpoints whose sizes lie in the range, with all cosignatures, smallest first. */
  checkpoints(sizeMin: number, sizeMax: number, limit: number): Promise<readonly string[]>;
  /** A signed checkpoint of everything that there is now; made where there is none yet. */
  freshCheckpoint(): Promise<string>;
}
