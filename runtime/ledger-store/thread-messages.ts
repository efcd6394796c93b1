// What the main thread and the ledger thread say to each other.

import type { Reply } from "../journal/questions.ts";
import type { LeafType } from "../ledger/leaf.ts";
import type { TreeNode } from "../ledger/merkle.ts";
import type { LedgerReader } from "../ledger/reader.ts";

export interface NewLeaf {
  readonly text: string;
  readonly type: LeafType;
  /** What the wall clock said, where it can be believed. */
  readonly utc: number | null;
  /** From the lowest level on. */
  readonly nodes: readonly TreeNode[];
}

export interface NewCheckpoint {
  readonly size: number;
  readonly note: string;
}

/** What goes to the disk in one synced transaction. */
export interface LedgerBatch {
  readonly leaves: readonly NewLeaf[];
  readonly checkpoints: readonly NewCheckpoint[];
}

export interface Committed {
  /** Leaves that are on the disk. */
  readonly size: number;
  /** Checkpoints that were left out, and why: one sentence each. */
  readonly wrongNotes: readonly string[];
}

/** What an earlier life left, for the one that goes on with it. */
export interface LedgerOpening {
  readonly size: number;
  /** Roots of the complete subtrees, from the left. */
  readonly frontier: readonly Uint8Array[];
  readonly firstLeaf: string | null;
  readonly lastLeaf: string | null;
  /** The newest, with its cosignatures. */
  readonly checkpoint: string | null;
  /** The newest leaves of `RESTORED_TYPES`, oldest first. */
  readonly audit: readonly string[];
  /** The latest wall time that any leaf carries; null where none does. */
  readonly lastUtc: number | null;
}

/** What could still be read of a ledger that is corrupt; null where not even that. */
export interface LedgerRemains {
  readonly size: number | null;
  readonly firstLeaf: string | null;
  readonly checkpoint: string | null;
}

export type FoundLeaf = Awaited<ReturnType<LedgerReader["newestOf"]>>[number];

export type LedgerRequest =
  | { readonly t: "leaves"; readonly from: number; readonly limit: number }
  | { readonly t: "index-at"; readonly utc: number }
  | {
      readonly t: "newest-of";
      readonly types: readonly LeafType[];
      readonly before: number;
      readonly limit: number;
    }
  | { readonly t: "inclusion"; readonly index: number; readonly size: number }
  | { readonly t: "consistency"; readonly first: number; readonly second: number }
  | { readonly t: "frontier"; readonly size: number }
  | {
      readonly t: "checkpoints";
      readonly sizeMin: number;
      readonly sizeMax: number;
      readonly limit: number;
    };

export type LedgerAnswer = readonly string[] | readonly FoundLeaf[] | number;

export type ToLedger =
  | { readonly t: "append"; readonly batch: LedgerBatch }
  | { readonly t: "ask"; readonly id: number; readonly request: LedgerRequest }
  | { readonly t: "close" };

export type FromLedger =
  | { readonly t: "opened"; readonly opening: LedgerOpening }
  /** The file cannot be used as it is. With `remains` another file would do better. */
  | { readonly t: "unusable"; readonly message: string; readonly remains: LedgerRemains | null }
  /** On the disk. */
  | ({ readonly t: "committed" } & Committed)
  /** Nothing of the batch was written. */
  | { readonly t: "refused"; readonly message: string; readonly corrupt: boolean }
  | ({ readonly t: "answer" } & Reply<LedgerAnswer>);
